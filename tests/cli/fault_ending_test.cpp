// How the program itself may end, and what is left then.
#include "cli/fault_fixture.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace cacheproof {
namespace {

using testing::HasSubstr;

class EndingLive : public FaultTest {};

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

} // namespace
} // namespace cacheproof
