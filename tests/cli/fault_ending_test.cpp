// How the program itself may end, and what is left then.
#include "cli/fault_fixture.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

namespace cacheproof {
namespace {

using testing::HasSubstr;

class EndingLive : public FaultTest {
protected:
  /// As from a terminal: the program leads the group of processes in the foreground.
  process::Process start_in_foreground(std::vector<std::string> arguments) const {
    auto words = inside(std::move(arguments));
    const auto program = std::find(words.argv.begin(), words.argv.end(), CACHEPROOF_PROGRAM);
    words.argv.insert(program, {"setsid", "--wait"});
    return process::Process::start(words, {.log = folder_.path() / "log"}).value();
  }
  /// The program, which `setsid` only waits for.
  World::Seen leader() const {
    auto found = world().processes(CACHEPROOF_PROGRAM " run");
    std::erase_if(found, [](const auto& one) { return one.name == "setsid"; });
    return found.at(0);
  }
  /// Ctrl-C: a SIGINT for everybody in that group. Returns when the program has taken it.
  void interrupt(const World::Seen& leader) const {
    world().sh("kill -s INT -- -" + leader.proc.filename().string());
    EXPECT_TRUE(eventually([&] {
      const auto status = util::read_text(leader.proc / "status").value_or("");
      return status.find("ShdPnd:\t0000000000000000") != std::string::npos || status.empty();
    }));
  }
};

TEST_F(EndingLive, OneSignalEndsTheRunAndLeavesNoTrace) {
  for (const auto& [signal, code] : {std::pair{SIGINT, 130}, {SIGTERM, 143}, {SIGHUP, 129}}) {
    auto run = start({"run", hit("sleep 1000")});
    sleeping();
    EXPECT_TRUE(World::signal(program(), signal));
    EXPECT_EQ(run.wait(std::chrono::minutes(1)), (process::Exit{code, {}})) << read("log");
    EXPECT_EQ(world().traces(), "");
  }
}

// The second comes while the first is being answered: by ending a daemon in the middle of a build.
TEST_F(EndingLive, ASecondSignalEndsItAtOnceAndTheNextRunSweeps) {
  auto run = start({"run", hit("sleep 1000")});
  sleeping();
  const auto target = program();
  EXPECT_TRUE(World::signal(target, SIGINT) && World::signal(target, SIGTERM));
  EXPECT_EQ(run.wait(std::chrono::minutes(1)), (process::Exit{143, {}})) << read("log");
  const auto next_run = run_inside({"run", next()});
  EXPECT_EQ(next_run.exit.code, 0) << next_run.out << next_run.err;
}

TEST_F(EndingLive, CtrlCEndsTheRunWithWhatWasJudgedSoFar) {
  auto run = start_in_foreground({"run", next(), hit("sleep 1000"), "--jobs", "1"});
  sleeping();
  interrupt(leader());
  EXPECT_EQ(run.wait(std::chrono::minutes(1)), (process::Exit{130, {}})) << read("log");
  EXPECT_THAT(read("log"), HasSubstr("1 passed"));
  EXPECT_THAT(read("log"), HasSubstr("interrupted while it built"));
  EXPECT_EQ(find("case.json").size(), 2u);
  EXPECT_EQ(world().traces(), "");
  const auto joined = run_inside({"join", "cacheproof-out", "--out", "page"});
  EXPECT_EQ(joined.exit.code, 2);
  EXPECT_THAT(joined.out, HasSubstr("1 shard: 1 broken, 1 passed ("));
}

// The client that stands still is given five seconds to end in: the second finds the first being answered.
TEST_F(EndingLive, ASecondCtrlCEndsItAtOnceAndTheNextRunSweeps) {
  auto run = start_in_foreground({"run", hit("sleep 1000")});
  const auto folder = sandbox_of(sleeping());
  const auto client = world().processes("buildctl");
  ASSERT_FALSE(client.empty());
  EXPECT_TRUE(World::signal(client.front(), SIGSTOP));
  const auto program = leader();
  interrupt(program);
  EXPECT_EQ(run.poll(), std::nullopt) << "it ends in good order";
  interrupt(program);
  EXPECT_EQ(run.wait(std::chrono::minutes(1)), (process::Exit{130, {}})) << read("log");
  EXPECT_EQ(find("case.json").size(), 0u) << "nothing was waited for";
  const auto next_run = run_inside({"run", next()});
  EXPECT_EQ(next_run.exit.code, 0) << next_run.out << next_run.err;
  EXPECT_THAT(next_run.out, HasSubstr("removed " + folder + ", left by pid "));
  EXPECT_EQ(world().traces(), "");
}

TEST_F(EndingLive, AKilledRunIsSweptWhereverItsTmpdirWas) {
  world().sh("mount -o remount,ro /dev/shm");
  const auto go_to = [&](const std::string& name) {
    make_directories(name);
    more_environment_["TMPDIR"] = (folder_.path() / name).string();
  };
  go_to("a");
  auto run = start({"run", hit("sleep 1000")});
  const auto target = program();
  const auto folder = sandbox_of(sleeping());
  EXPECT_THAT(folder, testing::StartsWith((folder_.path() / "a/cacheproof-").string()));
  go_to("b");
  EXPECT_EQ(run_inside({"run", next()}).exit.code, 0);
  EXPECT_TRUE(std::filesystem::exists(folder)) << "it is a live run's";
  EXPECT_TRUE(World::signal(target, SIGKILL));
  EXPECT_EQ(run.wait(std::chrono::minutes(1)), (process::Exit{{}, SIGKILL}));
  EXPECT_THAT(run_inside({"clean", "--dry-run"}).out, HasSubstr("would remove " + folder + ", left by pid "));
  const auto next_run = run_inside({"run", next()});
  EXPECT_EQ(next_run.exit.code, 0) << next_run.out << next_run.err;
  EXPECT_THAT(next_run.out, HasSubstr("removed " + folder + ", left by pid "));
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST_F(EndingLive, CleanSaysWhatItWouldRemoveAndRemovesIt) {
  auto run = start({"run", hit("sleep 1000")});
  const auto folder = sandbox_of(sleeping());
  EXPECT_EQ(run_inside({"clean"}).out, "nothing was left behind\n") << "it is a live run's";
  EXPECT_TRUE(World::signal(program(), SIGKILL));
  EXPECT_EQ(run.wait(std::chrono::minutes(1)), (process::Exit{{}, SIGKILL}));
  EXPECT_THAT(run_inside({"clean", "--dry-run"}).out, HasSubstr("would remove " + folder + ", left by pid "));
  EXPECT_NE(world().sandboxes().size(), 0u);
  EXPECT_THAT(run_inside({"clean"}).out, HasSubstr("removed " + folder + ", left by pid "));
  EXPECT_EQ(world().traces(), "");
}

TEST_F(EndingLive, OfARunThatWasKilledItIsKnownWhatItWasToPlay) {
  auto run = start({"run", next(), hit("sleep 1000"), "--jobs", "1", "--junit", "junit.xml"});
  sleeping();
  EXPECT_TRUE(World::signal(program(), SIGKILL));
  EXPECT_EQ(run.wait(std::chrono::minutes(1)), (process::Exit{{}, SIGKILL}));
  const auto joined = run_inside({"join", "cacheproof-out", "--out", "page"});
  EXPECT_EQ(joined.exit.code, 2);
  EXPECT_THAT(joined.out, HasSubstr("1 shard: 1 trouble, 2 broken\n"));
  EXPECT_THAT(joined.out, HasSubstr(": its run did not come to its end\n"));
  EXPECT_THAT(read("junit.xml"), HasSubstr("tests=\"2\" failures=\"0\" errors=\"2\""));
  EXPECT_THAT(run_inside({"clean"}).out, HasSubstr("left by pid "));
}

} // namespace
} // namespace cacheproof
