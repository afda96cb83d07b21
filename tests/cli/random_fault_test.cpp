// A run that is hit at random moments: whatever dies, the program or a part of its rig, nothing is left, and no fault
// of the rig is ever a verdict about the cache. Here a few times; `tests/faults/` has the scripts for hundreds.
#include "cli/fault_fixture.hpp"
#include "util/text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <random>

namespace cacheproof {
namespace {

using Moment = std::chrono::microseconds;

class RandomFaultLive : public FaultTest {
protected:
  static int times(int usual) {
    const char* value = std::getenv("CACHEPROOF_FAULTS");
    return value ? std::atoi(value) : usual;
  }

  static unsigned seed() {
    const char* value = std::getenv("CACHEPROOF_FAULT_SEED");
    const auto seed = value ? static_cast<unsigned>(std::atol(value)) : std::random_device{}();
    std::cout << "CACHEPROOF_FAULT_SEED=" << seed << std::endl;
    return seed;
  }

  /// How long a run takes that nothing happens to.
  Moment undisturbed(const std::string& file) const {
    const auto begin = std::chrono::steady_clock::now();
    const auto finished = run_inside({"run", file});
    EXPECT_EQ(finished.exit.code, 0) << finished.out << finished.err;
    return std::chrono::duration_cast<Moment>(std::chrono::steady_clock::now() - begin);
  }

  Moment some_moment(Moment whole) { return Moment(std::uniform_int_distribution<long>(0, whole.count())(random_)); }

  template <class Value> Value one_of(const std::vector<Value>& values) {
    return values[std::uniform_int_distribution<std::size_t>(0, values.size() - 1)(random_)];
  }

  /// Does something bad to the rig, whatever of it there is, and says what; empty if there is nothing yet.
  std::string strike() {
    const auto kind = one_of<std::string>({"kill", "kill", "kill", "stop", "full"});
    if (kind == "full") {
      if (world().sandboxes().empty()) return "";
      // What is written between the two words of it makes the size too small to be accepted.
      world().sh("until mount -o remount,size=$(( $(stat -fc '(%b-%f)*%S' /dev/shm) + 20000 )) /dev/shm; do :; done");
      return "the disk is full";
    }
    std::vector<World::Seen> targets;
    for (const auto& one : world().processes()) {
      const bool stoppable = one.name == "buildkitd" || one.name == "docker-registry" || one.name == "docker-registr";
      const bool mortal = stoppable || one.name == "buildctl" || one.name == "runc" || one.name == "unshare";
      if (kind == "stop" ? stoppable : mortal) targets.push_back(one);
    }
    if (targets.empty()) return "";
    const auto target = one_of(targets);
    World::signal(target, kind == "stop" ? SIGSTOP : SIGKILL);
    return kind + " " + target.name;
  }

  std::mt19937 random_{seed()};
};

TEST_F(RandomFaultLive, WhateverAKilledRunLeftIsSwept) {
  const auto file = next();
  auto whole = undisturbed(file);
  for (int killed = 0, count = times(20); killed < count;) {
    const auto moment = some_moment(whole);
    SCOPED_TRACE(fmt::format("killed after {} of {} us", moment.count(), whole.count()));
    auto run = start({"run", file});
    std::this_thread::sleep_for(moment);
    for (const auto& one : world().processes(CACHEPROOF_PROGRAM " ")) World::signal(one, SIGKILL);
    const bool too_late = run.wait(std::chrono::minutes(1)) != process::Exit{{}, SIGKILL};
    if (too_late) whole = std::max(moment, whole / 2);
    killed += !too_late;
    const auto cleaned = run_inside({"clean"});
    EXPECT_EQ(cleaned.exit.code, 0) << cleaned.out << cleaned.err;
    ASSERT_EQ(world().traces(), "") << cleaned.out;
  }
  undisturbed(file);
}

TEST_F(RandomFaultLive, NoFaultOfTheRigIsAVerdictAboutTheCache) {
  const auto file = write("next.yaml", k_plain + "timeout: 5s\n");
  auto whole = undisturbed(file);
  std::map<std::string, std::map<int, int>> tally; // fault -> exit code -> how often
  for (int struck = 0, count = times(10); struck < count;) {
    const auto moment = some_moment(whole);
    write("log", "");
    auto run = start({"run", file});
    std::this_thread::sleep_for(moment);
    std::string fault;
    eventually([&] { return run.poll() || !(fault = strike()).empty(); });
    const auto exit = run.wait(std::chrono::minutes(2));
    ASSERT_TRUE(exit) << fault << " after " << moment.count() << " us: it hangs\n" << read("log");
    EXPECT_TRUE(exit->code == 0 || exit->code == 2)
        << fault << " after " << moment.count() << " us: " << to_text(*exit) << "\n"
        << read("log");
    if (fault.empty()) whole = std::max(moment, whole / 2); // it had ended by then
    struck += !fault.empty();
    ++tally[fault.empty() ? "none" : fault][exit->code.value_or(-1)];
    world().sh("mount -o remount,size=4g /dev/shm");
    ASSERT_EQ(world().traces(), "") << fault << "\n" << read("log");
  }
  for (const auto& [fault, codes] : tally)
    for (const auto& [code, often] : codes) std::cout << fault << ": exit " << code << " " << often << "x\n";
  undisturbed(file);
}

} // namespace
} // namespace cacheproof
