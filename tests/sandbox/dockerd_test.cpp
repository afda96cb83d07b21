// Docker engines of our own, beside whatever the machine has.
#include "process/process.hpp"
#include "sandbox/bridge.hpp"
#include "sandbox/janitor.hpp"
#include "sandbox/leftovers.hpp"
#include "sandbox/live.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

namespace cacheproof::sandbox {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

#define CP_ENGINES_OR_SKIP(name)                                                                                       \
  std::string cp_why_not;                                                                                              \
  const auto name = test::engines(cp_why_not);                                                                         \
  if (name.empty()) GTEST_SKIP() << cp_why_not

std::string said(std::vector<std::string> words) {
  const auto finished = process::run({.argv = std::move(words), .environment = {}, .directory = {}});
  return finished ? finished->out + finished->err : finished.error().what;
}

/// What an engine that is there would lose by a second one: its bridge, its rules, its images.
std::string of_the_machine() {
  std::string rules; // without the times and counters
  for (const auto& line : util::lines(said({"iptables-save"})))
    if (!line.starts_with('#')) rules += line.substr(0, line.find(" [")) + "\n";
  auto images = util::lines(said({"docker", "images", "-a", "--no-trunc", "--quiet"}));
  std::sort(images.begin(), images.end()); // those of one second come in any order
  return said({"ip", "-o", "address", "show", "docker0"}) + rules + util::join(images, "\n")
         + said({"sysctl", "net.ipv4.ip_forward"});
}

TEST(Bridge, IsNamedAfterItsSandboxAndItsDaemon) {
  EXPECT_EQ(bridge_of("/dev/shm/cacheproof-aB3dE6/d12"), "cp-aB3dE6-d12");
}

TEST(BridgeLive, GoesWithWhatIsConnectedToIt) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  const std::string bridge = "cp-bRiDgE-d1";
  const auto made = make_bridge(bridge);
  ASSERT_TRUE(made) << util::to_text(made.error());
  ASSERT_EQ(said({"ip", "link", "add", "cp-bRiDgE-v1", "type", "veth", "peer", "name", "cp-bRiDgE-v2"}), "");
  ASSERT_EQ(said({"ip", "link", "set", "cp-bRiDgE-v1", "master", bridge}), "");
  EXPECT_TRUE(remove_bridge(bridge));
  EXPECT_THAT(said({"ip", "-o", "link", "show"}), testing::Not(HasSubstr("cp-bRiDgE")));
  EXPECT_TRUE(remove_bridge(bridge)) << "there is none any more";
}

TEST(BridgeLive, KeepsItsAddressWhateverIsConnected) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  const std::string bridge = "cp-bRiDgF-d1";
  const auto made = make_bridge(bridge);
  ASSERT_TRUE(made) << util::to_text(made.error());
  const auto address = util::read_text("/sys/class/net/" + bridge + "/address");
  const std::string lowest = "02:00:00:00:00:01";
  ASSERT_EQ(
      said({"ip", "link", "add", "cp-bRiDgF-v1", "address", lowest, "type", "veth", "peer", "name", "cp-bRiDgF-v2"}),
      "");
  ASSERT_EQ(said({"ip", "link", "set", "cp-bRiDgF-v1", "master", bridge}), "");
  EXPECT_EQ(util::read_text("/sys/class/net/" + bridge + "/address"), address);
  EXPECT_TRUE(remove_bridge(bridge));
}

TEST(EngineAlone, LeavesDocker0AndTheRulesAndImagesOfAnotherEngineAsTheyAre) {
  CP_ENGINES_OR_SKIP(engines);
  for (const auto& [version, programs] : engines) {
    SCOPED_TRACE(version);
    const auto before = of_the_machine();
    auto opened = Sandbox::open({.programs = programs});
    ASSERT_TRUE(opened) << util::to_text(opened.error());
    const auto folder = (*opened)->folder();
    const auto daemon = (*opened)->fresh_daemon();
    ASSERT_TRUE(daemon) << util::to_text(daemon.error());
    EXPECT_EQ((*daemon)->kind(), DaemonKind::dockerd);
    EXPECT_EQ((*opened)->clean_proof().disk_usage_records, 0U);
    EXPECT_THAT(leftovers(folder).bridges, ElementsAre(bridge_of(folder / "d1")));
    EXPECT_EQ(of_the_machine(), before) << "while it runs";
    const auto closed = (*opened)->close();
    EXPECT_TRUE(closed) << util::to_text(closed.error());
    EXPECT_EQ(leftovers(folder), Leftovers{});
    EXPECT_EQ(of_the_machine(), before);
  }
}

TEST(EngineLive, RestartsOnWhatItKeepsAndSaysHowItDied) {
  CP_ENGINES_OR_SKIP(engines);
  for (const auto& [version, programs] : engines) {
    SCOPED_TRACE(version);
    auto opened = Sandbox::open({.programs = programs});
    ASSERT_TRUE(opened) << util::to_text(opened.error());
    const auto daemon = (*opened)->fresh_daemon();
    ASSERT_TRUE(daemon) << util::to_text(daemon.error());
    const auto restarted = (*daemon)->restart();
    ASSERT_TRUE(restarted) << util::to_text(restarted.error());
    ASSERT_TRUE((*daemon)->wait_ready(30s));
    EXPECT_EQ((*daemon)->died(), std::nullopt);
    ASSERT_TRUE(test::kill_process(**opened, "dockerd"));
    EXPECT_TRUE(test::eventually([&] { return !(*daemon)->alive(); }));
    EXPECT_THAT((*daemon)->died().value_or(""), HasSubstr("killed by"));
    const auto folder = (*opened)->folder();
    EXPECT_TRUE((*opened)->close());
    EXPECT_EQ(leftovers(folder), Leftovers{});
  }
}

/// At a registry of the user's everything lies below a path, and no engine starts with one in its settings.
TEST(EngineLive, StartsBesideARegistryOfTheUsers) {
  CP_ENGINES_OR_SKIP(engines);
  auto opened =
      Sandbox::open({.programs = engines.back().programs, .registry = "127.0.0.1:9", .mirrored_hosts = {"docker.io"}});
  ASSERT_TRUE(opened) << util::to_text(opened.error());
  const auto daemon = (*opened)->fresh_daemon();
  EXPECT_TRUE(daemon) << util::to_text(daemon.error());
  EXPECT_TRUE((*opened)->close());
}

TEST(EngineLive, ThatCannotStartShowsItsLogAndLeavesNoBridge) {
  CP_ENGINES_OR_SKIP(engines);
  auto programs = engines.back().programs;
  const auto folder = std::move(*util::TempDir::create());
  programs.daemon = folder.path() / "dockerd";
  ASSERT_TRUE(util::write_text(programs.daemon, "#!/bin/sh\necho the reason of it >&2\nexit 7\n"));
  fs::permissions(programs.daemon, fs::perms(0755));
  auto opened = Sandbox::open({.programs = programs});
  ASSERT_TRUE(opened) << util::to_text(opened.error());
  const auto daemon = (*opened)->fresh_daemon();
  ASSERT_FALSE(daemon);
  EXPECT_THAT(daemon.error().what, HasSubstr("dockerd ended at its start: exit code 7\nthe reason of it"));
  const auto sandbox = (*opened)->folder();
  EXPECT_TRUE((*opened)->close());
  EXPECT_EQ(leftovers(sandbox), Leftovers{});
}

/// Not a test but the program of the next one.
TEST(EngineHelper, DISABLED_HoldsAnEngine) {
  CP_ENGINES_OR_SKIP(engines);
  auto opened = Sandbox::open({.programs = engines.back().programs});
  ASSERT_TRUE(opened) << util::to_text(opened.error());
  ASSERT_TRUE((*opened)->fresh_daemon());
  ASSERT_TRUE(util::write_text(std::getenv("HELPER_FILE"), (*opened)->folder().string()));
  std::this_thread::sleep_for(1000s);
}

TEST(EngineLive, OfAKilledRunIsSweptWithItsBridge) {
  CP_ENGINES_OR_SKIP(engines);
  const auto notes = std::move(*util::TempDir::create());
  const auto note = notes.path() / "folder";
  auto helper = test::start_helper("EngineHelper.*", {{"HELPER_FILE", note.string()}});
  ASSERT_TRUE(helper);
  ASSERT_TRUE(test::eventually([&] { return fs::exists(note) || helper->poll(); }));
  ASSERT_TRUE(fs::exists(note));
  const fs::path folder = *util::read_text(note);
  EXPECT_THAT(leftovers(folder).bridges, ElementsAre(bridge_of(folder / "d1")));
  kill(helper->pid(), SIGKILL);
  ASSERT_TRUE(helper->wait(30s));
  EXPECT_THAT(sweep({.roots = {folder.parent_path()}}),
              testing::Contains("removed bridge " + bridge_of(folder / "d1")));
  EXPECT_EQ(leftovers(folder), Leftovers{});
  EXPECT_FALSE(fs::exists(folder));
}

} // namespace
} // namespace cacheproof::sandbox
