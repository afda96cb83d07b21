#include "oci/registry_client.hpp"
#include "sandbox/janitor.hpp"
#include "sandbox/leftovers.hpp"
#include "sandbox/live.hpp"
#include "sandbox/sandbox.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace cacheproof::sandbox {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(SandboxLive, BuildsAndLeavesNothing) {
  CP_TOOLCHAINS_OR_SKIP(toolchains);
  for (const auto& [version, programs] : toolchains) {
    SCOPED_TRACE(version);
    auto opened = Sandbox::open({.programs = programs});
    ASSERT_TRUE(opened) << util::to_text(opened.error());
    auto& sandbox = **opened;
    const auto folder = sandbox.folder();
    struct stat info {};
    ASSERT_EQ(stat(folder.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777, 0700u);

    const auto daemon = sandbox.fresh_daemon();
    ASSERT_TRUE(daemon) << util::to_text(daemon.error());
    ASSERT_TRUE(sandbox.await_registry());
    const auto& proof = sandbox.clean_proof();
    EXPECT_EQ(proof.disk_usage_records, 0u);
    EXPECT_THAT(proof.catalogue, IsEmpty());
    EXPECT_THAT(proof.environment,
                ElementsAre("DOCKER_CONFIG=" + folder.string() + "/docker",
                            "HOME=" + folder.string() + "/home",
                            HasSubstr("PATH=/")));

    EXPECT_TRUE(test::build(sandbox, **daemon, programs, test::run_of("echo hello > /x")).exit.ok());
    EXPECT_THAT(leftovers(folder).cgroups, Not(IsEmpty())) << "its containers have a control group of their own";
    EXPECT_THAT(leftovers(folder).mounts, IsEmpty()) << "mounts are in the daemon's own namespace";
    EXPECT_TRUE((*daemon)->alive());
    EXPECT_TRUE(sandbox.registry().check());
    const auto dirty = prove_empty(**daemon);
    ASSERT_FALSE(dirty) << "a daemon that has built is not clean";
    EXPECT_THAT(dirty.error().what, HasSubstr("the daemon is not clean"));

    const auto closed = sandbox.close();
    EXPECT_TRUE(closed) << util::to_text(closed.error());
    EXPECT_EQ(leftovers(folder), Leftovers{});
    EXPECT_FALSE(fs::exists(folder));
    EXPECT_FALSE(oci::RegistryClient(sandbox.registry().address()).ping());
    EXPECT_TRUE(sandbox.close()) << "closing twice is allowed";
  }
}

TEST(SandboxLive, GivesEachRoundAnEmptyDaemonAndKeepsTheRegistry) {
  CP_TOOLCHAINS_OR_SKIP(toolchains);
  const auto& programs = toolchains.back().programs;
  auto opened = Sandbox::open({.programs = programs});
  ASSERT_TRUE(opened) << util::to_text(opened.error());
  auto& sandbox = **opened;
  const auto address = sandbox.registry().address();
  const auto first = sandbox.fresh_daemon();
  ASSERT_TRUE(first) << util::to_text(first.error());
  const auto first_socket = (*first)->socket();
  const auto first_log = (*first)->log();
  ASSERT_TRUE(test::build(sandbox, **first, programs, test::run_of("echo hello")).exit.ok());
  const auto second = sandbox.fresh_daemon();
  ASSERT_TRUE(second) << util::to_text(second.error());
  EXPECT_TRUE(test::eventually([&] { return !fs::exists(first_socket.parent_path()); }))
      << "the state of the first is gone";
  EXPECT_TRUE(fs::exists(first_log));
  EXPECT_EQ(sandbox.registry().address(), address);
  EXPECT_TRUE(sandbox.close());
}

TEST(SandboxLive, KeepsADaemonByNameThroughARestartUntilItIsDropped) {
  CP_TOOLCHAINS_OR_SKIP(toolchains);
  for (const auto& [version, programs] : toolchains) {
    SCOPED_TRACE(version);
    auto opened = Sandbox::open({.programs = programs});
    ASSERT_TRUE(opened) << util::to_text(opened.error());
    auto& sandbox = **opened;
    const auto records = [](Daemon& daemon) {
      return daemon.client().disk_usage_records(std::chrono::seconds(5)).value();
    };
    const auto ci = sandbox.kept_daemon("ci", programs.daemon);
    ASSERT_TRUE(ci) << util::to_text(ci.error());
    ASSERT_TRUE(test::build(sandbox, **ci, programs, test::run_of("echo hello")).exit.ok());
    const auto laptop = sandbox.kept_daemon("laptop", programs.daemon);
    ASSERT_TRUE(laptop) << util::to_text(laptop.error());
    EXPECT_EQ(records(**laptop), 0u);
    const auto before = records(**ci);
    EXPECT_GT(before, 0u);
    const auto restarted = (*ci)->restart();
    ASSERT_TRUE(restarted) << util::to_text(restarted.error());
    ASSERT_TRUE((*ci)->wait_ready());
    EXPECT_EQ(sandbox.kept_daemon("ci", programs.daemon).value_or(nullptr), *ci);
    EXPECT_EQ(records(**ci), before);
    const auto state = (*ci)->socket().parent_path();
    EXPECT_TRUE(sandbox.drop_daemon("ci"));
    EXPECT_FALSE(fs::exists(state));
    const auto next = sandbox.kept_daemon("ci", programs.daemon);
    ASSERT_TRUE(next) << util::to_text(next.error());
    EXPECT_EQ(records(**next), 0u);
    EXPECT_TRUE(sandbox.close());
  }
}

TEST(SandboxLive, GivesADaemonMoreConfigurationBesideItsOwn) {
  CP_TOOLCHAINS_OR_SKIP(toolchains);
  for (const auto& [version, programs] : toolchains) {
    SCOPED_TRACE(version);
    auto opened = Sandbox::open(
        {.programs = programs, .registries = 2, .daemon_extras = [](const auto& registries, const auto& folder) {
           return DaemonExtras{"debug = true\n[worker.oci]\n  gc = true\n  max-parallelism = 1\n",
                               {{"HELLO", registries.at(0) + folder.string()}, {"HOME", "/nowhere"}},
                               {"--oci-worker-snapshotter=native"}};
         }});
    ASSERT_TRUE(opened) << util::to_text(opened.error());
    auto& sandbox = **opened;
    ASSERT_TRUE(sandbox.await_registry());
    const auto daemon = sandbox.fresh_daemon();
    ASSERT_TRUE(daemon) << util::to_text(daemon.error());
    const auto folder = (*daemon)->socket().parent_path();
    const auto& registries = sandbox.registries();
    std::vector<std::string> addresses{registries[0].address(), registries[1].address()};
    std::sort(addresses.begin(), addresses.end());
    EXPECT_EQ(util::read_text(folder / "buildkitd.toml").value_or(""),
              "debug = true\n[worker.oci]\ndefaultCgroupParent = \"" + cgroup_of(sandbox.folder())
                  + "\"\n  gc = true\n  max-parallelism = 1\n\n[worker.containerd]\nenabled = false\n\n"
                    "[otel]\nsocketPath = \""
                  + (folder / "otel.sock").string() + "\"\n\n[registry.\"" + addresses[0]
                  + "\"]\nhttp = true\n\n[registry.\"" + addresses[1] + "\"]\nhttp = true\n");
    EXPECT_TRUE(fs::exists(folder / "root/runc-native"));
    EXPECT_FALSE(marked("HELLO=" + registries[0].place() + sandbox.folder().string()).empty());
    EXPECT_TRUE(marked("HOME=/nowhere").empty()) << "what keeps a sandbox apart stays its own";
    EXPECT_TRUE(test::build(sandbox, **daemon, programs, test::run_of("echo hello")).exit.ok());
    EXPECT_TRUE(sandbox.close());
  }
}

TEST(SandboxLive, ServesTheImagesOfMirroredHosts) {
  CP_TOOLCHAINS_OR_SKIP(toolchains);
  for (const auto& [version, programs] : toolchains) {
    SCOPED_TRACE(version);
    auto opened = Sandbox::open({.programs = programs, .mirrored_hosts = {"docker.io", "registry.example"}});
    ASSERT_TRUE(opened) << util::to_text(opened.error());
    auto& sandbox = **opened;
    auto daemon = sandbox.fresh_daemon();
    ASSERT_TRUE(daemon) << util::to_text(daemon.error());
    for (const auto* name : {"library/base", "team/base"}) {
      const auto pushed = test::build(sandbox,
                                      **daemon,
                                      programs,
                                      test::run_of("echo hello > /x"),
                                      "type=image,name=" + sandbox.registry().address() + "/" + name + ":1,push=true");
      ASSERT_TRUE(pushed.exit.ok()) << pushed.err;
    }
    daemon = sandbox.fresh_daemon();
    ASSERT_TRUE(daemon) << util::to_text(daemon.error());
    for (const auto* name : {"base:1", "registry.example/team/base:1"}) {
      const auto pulled = test::build(
          sandbox, **daemon, programs, std::string("FROM ") + name + "\nRUN read y < /x && test $y = hello\n");
      EXPECT_TRUE(pulled.exit.ok()) << pulled.err;
    }
    EXPECT_TRUE(sandbox.close());
  }
}

TEST(SandboxLive, GivesTheDaemonNothingOfTheCallersEnvironmentButProxies) {
  CP_TOOLCHAINS_OR_SKIP(toolchains);
  setenv("BUILDKIT_STEP_LOG_MAX_SIZE", "1", 1);
  setenv("NO_PROXY", "example", 1);
  auto opened = Sandbox::open({.programs = toolchains.back().programs});
  ASSERT_TRUE(opened) << util::to_text(opened.error());
  const auto daemon = (*opened)->fresh_daemon();
  unsetenv("BUILDKIT_STEP_LOG_MAX_SIZE");
  unsetenv("NO_PROXY");
  ASSERT_TRUE(daemon) << util::to_text(daemon.error());
  const auto environment =
      util::read_text("/proc/" + std::to_string(test::buildkitd_of(**opened)) + "/environ").value_or("unreadable");
  EXPECT_THAT(environment, Not(HasSubstr("BUILDKIT_STEP_LOG_MAX_SIZE")));
  EXPECT_THAT(environment, HasSubstr("NO_PROXY=example,127.0.0.1"));
  EXPECT_THAT(environment, HasSubstr("HOME=" + (*opened)->folder().string() + "/home"));
}

TEST(SandboxLive, LeavesNoDescriptorsInUs) {
  CP_TOOLCHAINS_OR_SKIP(toolchains);
  const auto play = [&] {
    auto opened = Sandbox::open({.programs = toolchains.back().programs});
    ASSERT_TRUE(opened) << util::to_text(opened.error());
    EXPECT_TRUE((*opened)->fresh_daemon());
    EXPECT_TRUE((*opened)->close());
  };
  play(); // gRPC's threads keep some of their own from the first connection on
  const auto before = test::names_in("/proc/self/fd").size();
  for (int i = 0; i < 3; ++i) play();
  EXPECT_LE(test::names_in("/proc/self/fd").size(), before);
}

TEST(SandboxLive, IsNotCleanWithARepositoryInTheRegistry) {
  CP_TOOLCHAINS_OR_SKIP(toolchains);
  auto opened = Sandbox::open({.programs = toolchains.back().programs});
  ASSERT_TRUE(opened) << util::to_text(opened.error());
  const auto daemon = (*opened)->fresh_daemon();
  ASSERT_TRUE(daemon) << util::to_text(daemon.error());
  fs::create_directories((*opened)->folder() / "registry/docker/registry/v2/repositories/stray/_manifests/tags");
  fs::create_directories((*opened)->folder() / "registry/docker/registry/v2/repositories/stray/_layers");
  const auto proof = (*opened)->await_registry();
  ASSERT_FALSE(proof);
  EXPECT_EQ(proof.error().what, "the registry is not clean: it holds stray before the first build");
}

TEST(SandboxLive, StandsBesideAnother) {
  CP_TOOLCHAINS_OR_SKIP(toolchains);
  const auto& programs = toolchains.back().programs;
  auto one = Sandbox::open({.programs = programs});
  auto two = Sandbox::open({.programs = programs});
  ASSERT_TRUE(one && two);
  EXPECT_NE((*one)->folder(), (*two)->folder());
  EXPECT_NE((*one)->registry().address(), (*two)->registry().address());
  const auto first = (*one)->fresh_daemon();
  const auto second = (*two)->fresh_daemon();
  ASSERT_TRUE(first && second);
  EXPECT_TRUE((*one)->close());
  EXPECT_TRUE(test::build(**two, **second, programs, test::run_of("echo hello")).exit.ok())
      << "the end of one is nothing to the other";
  EXPECT_TRUE((*two)->close());
}

TEST(SandboxLive, StaysWhenItIsToBeKept) {
  CP_TOOLCHAINS_OR_SKIP(toolchains);
  auto opened = Sandbox::open({.programs = toolchains.back().programs, .keep = true});
  ASSERT_TRUE(opened) << util::to_text(opened.error());
  const auto folder = (*opened)->folder();
  EXPECT_TRUE((*opened)->fresh_daemon());
  EXPECT_TRUE((*opened)->close());
  opened->reset();
  sweep({.roots = {folder.parent_path()}});
  EXPECT_EQ(leftovers(folder), Leftovers{});
  EXPECT_TRUE(fs::exists(folder / "d1.log"));
  EXPECT_TRUE(util::remove_tree(folder));
}

} // namespace
} // namespace cacheproof::sandbox
