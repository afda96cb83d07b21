// What becomes of a sandbox whose programs are missing, hang, die or are not waited for.
#include "sandbox/leftovers.hpp"
#include "sandbox/live.hpp"
#include "sandbox/sandbox.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>

#include <filesystem>
#include <fstream>
#include <stop_token>
#include <string>
#include <thread>

namespace cacheproof::sandbox {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(SandboxLive, EndsADaemonThatIsStillBuilding) {
  CP_TOOLCHAINS_OR_SKIP(toolchains);
  auto opened = Sandbox::open({.programs = toolchains.back().programs});
  ASSERT_TRUE(opened) << util::to_text(opened.error());
  auto& sandbox = **opened;
  const auto folder = sandbox.folder();
  const auto daemon = sandbox.fresh_daemon();
  ASSERT_TRUE(daemon) << util::to_text(daemon.error());
  std::thread client([&, programs = toolchains.back().programs] {
    EXPECT_FALSE(test::build(sandbox, **daemon, programs, test::run_of("sleep 1000")).exit.ok());
  });
  EXPECT_TRUE(test::eventually([&] { return leftovers(folder).cgroups.size() > 2; }));
  const auto stopped = (*daemon)->stop();
  EXPECT_TRUE(stopped) << util::to_text(stopped.error());
  EXPECT_EQ((*daemon)->died(), std::nullopt) << "it was ended, it did not die";
  client.join();
  EXPECT_TRUE(sandbox.close());
  EXPECT_EQ(leftovers(folder), Leftovers{});
}

TEST(SandboxLive, HearsFromADaemonThatHangsWhereItsGoroutinesAre) {
  CP_TOOLCHAINS_OR_SKIP(toolchains);
  for (const auto& [version, programs] : toolchains) {
    SCOPED_TRACE(version);
    auto opened = Sandbox::open({.programs = programs});
    ASSERT_TRUE(opened) << util::to_text(opened.error());
    const auto daemon = (*opened)->fresh_daemon();
    ASSERT_TRUE(daemon) << util::to_text(daemon.error());
    const auto dump = (*daemon)->dump_goroutines();
    EXPECT_NE(dump.find("SIGQUIT: quit"), std::string::npos) << dump.substr(0, 500);
    EXPECT_NE(dump.find("\ngoroutine 1 "), std::string::npos) << dump.substr(0, 500);
    EXPECT_EQ((*daemon)->dump_goroutines(), "") << "it does not survive the first";
    EXPECT_TRUE((*opened)->close());
  }
}

TEST(SandboxLive, NamesAMissingProgramAndSaysWhatToDo) {
  const Programs all{.daemon = "/bin/true", .buildctl = "/bin/true", .runc = "/bin/true", .registry = "/bin/true"};
  auto programs = all;
  programs.runc = "";
  auto opened = Sandbox::open({.programs = programs});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error(),
            (util::Error{.what = "runc is missing: it was not found", .remedy = "apt-get install runc"}));
  programs = all;
  programs.registry = "/no/docker-registry";
  opened = Sandbox::open({.programs = programs});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error(),
            (util::Error{.what = "docker-registry is missing: /no/docker-registry is no program that can be run",
                         .remedy = "apt-get install docker-registry"}));
  programs = all;
  programs.daemon = "/no/buildkitd";
  opened = Sandbox::open({.programs = programs});
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().remedy, HasSubstr("cacheproof toolchain install"));
}

TEST(SandboxLive, NoticesAKilledBuildkitdInTheMiddleOfABuild) {
  CP_TOOLCHAINS_OR_SKIP(toolchains);
  for (const auto& [version, programs] : toolchains) {
    SCOPED_TRACE(version);
    auto opened = Sandbox::open({.programs = programs});
    ASSERT_TRUE(opened) << util::to_text(opened.error());
    auto& sandbox = **opened;
    const auto folder = sandbox.folder();
    const auto daemon = sandbox.fresh_daemon();
    ASSERT_TRUE(daemon) << util::to_text(daemon.error());
    EXPECT_EQ((*daemon)->died(), std::nullopt);
    std::thread killer([&] {
      // Its container has a cgroup of its own as soon as it runs.
      EXPECT_TRUE(test::eventually([&] { return leftovers(folder).cgroups.size() > 2; }));
      EXPECT_TRUE(test::kill_process(sandbox, "buildkitd"));
    });
    EXPECT_FALSE(test::build(sandbox, **daemon, programs, test::run_of("sleep 1000")).exit.ok());
    killer.join();
    EXPECT_TRUE(test::eventually([&] { return !(*daemon)->alive(); }));
    EXPECT_THAT((*daemon)->died().value_or(""), HasSubstr("killed by"));
    EXPECT_THAT((*daemon)->log_tail(), HasSubstr("running server on"));
    EXPECT_THAT(test::names_in((*daemon)->socket().parent_path() / "runc"), Not(IsEmpty()))
        << "what runc knew of the container is in the sandbox, not in /run/runc for ever";
    const auto closed = sandbox.close();
    EXPECT_TRUE(closed) << util::to_text(closed.error());
    EXPECT_EQ(leftovers(folder), Leftovers{});
    EXPECT_FALSE(fs::exists(folder));
  }
}

TEST(SandboxLive, NoticesAKilledRegistry) {
  CP_TOOLCHAINS_OR_SKIP(toolchains);
  auto opened = Sandbox::open({.programs = toolchains.back().programs});
  ASSERT_TRUE(opened) << util::to_text(opened.error());
  ASSERT_TRUE((*opened)->await_registry());
  ASSERT_TRUE(test::kill_process(**opened, "docker-registry"));
  EXPECT_TRUE(test::eventually([&] { return !(*opened)->registry().check(); }));
  EXPECT_THAT((*opened)->registry().check().error().what, HasSubstr("killed by signal 9"));
}

TEST(SandboxLive, ShowsTheLogOfADaemonThatEndsAtItsStart) {
  CP_TOOLCHAINS_OR_SKIP(toolchains);
  const auto folder = util::TempDir::create();
  ASSERT_TRUE(folder);
  const auto bad = folder->path() / "buildkitd";
  std::ofstream(bad) << "#!/bin/sh\necho the reason of it >&2\nexit 7\n";
  fs::permissions(bad, fs::perms::owner_all);
  auto programs = toolchains.back().programs;
  programs.daemon = bad;
  auto opened = Sandbox::open({.programs = programs});
  ASSERT_TRUE(opened) << util::to_text(opened.error());
  const auto daemon = (*opened)->fresh_daemon();
  ASSERT_FALSE(daemon);
  EXPECT_EQ(daemon.error().what, "buildkitd ended at its start: exit code 7\nthe reason of it");
}

TEST(SandboxLive, DoesNotWaitForADaemonOnceAStopIsRequested) {
  CP_TOOLCHAINS_OR_SKIP(toolchains);
  std::stop_source source;
  auto opened = Sandbox::open({.programs = toolchains.back().programs, .stop = source.get_token()});
  ASSERT_TRUE(opened) << util::to_text(opened.error());
  source.request_stop();
  const auto daemon = (*opened)->fresh_daemon();
  ASSERT_FALSE(daemon);
  EXPECT_EQ(daemon.error().blame, util::Blame::interrupted);
}

} // namespace
} // namespace cacheproof::sandbox
