#include "engine/durations.hpp"
#include "engine/schedule.hpp"
#include "scenario/scenario.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>

namespace cacheproof::engine {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using Ids = std::vector<std::string>;

std::vector<Case> cases(const Ids& ids) {
  std::vector<Case> all;
  for (const auto& id : ids) all.push_back({std::make_shared<scenario::Scenario>(), {}, "v1.0.0", id});
  return all;
}

evidence::CaseEvidence evidence_of(const Case& planned) {
  evidence::CaseEvidence played;
  played.id = planned.id;
  played.verdict = evidence::Verdict::passed;
  return played;
}

/// Plays that only say that they were played.
class Played {
public:
  evidence::CaseEvidence operator()(const Case& planned, const fs::path&, Observer&) {
    const std::lock_guard lock(mutex_);
    ids_.push_back(planned.id);
    return evidence_of(planned);
  }
  Ids ids() const { return ids_; }

private:
  std::mutex mutex_;
  Ids ids_;
};

Ids ids_of(const std::vector<evidence::CaseEvidence>& played) {
  Ids ids;
  for (const auto& one : played) ids.push_back(one.id);
  return ids;
}

TEST(Schedule, PlaysTheLongestFirstAndUnknownOnesBeforeThem) {
  Played played;
  Observer nobody;
  const auto all =
      play_all(cases({"short", "new", "long"}), {.durations = {{"short", 1}, {"long", 9}}}, std::ref(played), nobody);
  EXPECT_EQ(played.ids(), (Ids{"new", "long", "short"}));
  EXPECT_EQ(ids_of(all), (Ids{"short", "new", "long"})) << "the result is in the order of the plan";
}

TEST(Schedule, PlaysAsManyAtOnceAsThereAreWorkers) {
  std::atomic<int> running = 0;
  Observer nobody;
  // Each waits until both run: with one worker this would never end.
  const Play play = [&](const Case& planned, const fs::path&, Observer&) {
    for (++running; running < 2;) std::this_thread::sleep_for(1ms);
    return evidence_of(planned);
  };
  EXPECT_EQ(play_all(cases({"a", "b"}), {.jobs = 2}, play, nobody).size(), 2u);
}

/// Plays three cases on three workers of a machine with that room: how many ran at once, and where.
std::pair<int, std::set<fs::path>> play_with(const sandbox::Room& room) {
  std::mutex mutex;
  int running = 0;
  int most = 0;
  std::set<fs::path> roots;
  Observer nobody;
  const Play play = [&](const Case& planned, const fs::path& root, Observer&) {
    {
      const std::lock_guard lock(mutex);
      roots.insert(root);
      most = std::max(most, ++running);
    }
    std::this_thread::sleep_for(5ms);
    const std::lock_guard lock(mutex);
    --running;
    return evidence_of(planned);
  };
  const auto all = play_all(cases({"a", "b", "c"}), {.jobs = 3, .room = [&] { return room; }}, play, nobody);
  EXPECT_EQ(all.size(), 3u);
  return {most, roots};
}

constexpr auto k_gib = std::uintmax_t{1} << 30;

TEST(Schedule, WaitsForRoomUnlessNothingRuns) {
  EXPECT_EQ(play_with({0, {}}), std::pair(1, std::set<fs::path>{""}));
}

/// What is free is the same whether one has just begun or not.
TEST(Schedule, KeepsRoomForThoseThatHaveJustBegun) {
  EXPECT_EQ(play_with({9 * k_gib, {{"/a", 3 * k_gib / 2}}}), std::pair(1, std::set<fs::path>{"/a"}));
  EXPECT_EQ(play_with({k_gib / 2, {{"/a", 9 * k_gib}}}), std::pair(1, std::set<fs::path>{"/a"}));
}

TEST(Schedule, BeginsNothingOnceAStopIsRequested) {
  std::stop_source stop;
  Observer nobody;
  const Play play = [&](const Case& planned, const fs::path&, Observer&) {
    stop.request_stop();
    return evidence_of(planned);
  };
  EXPECT_EQ(ids_of(play_all(cases({"a", "b"}), {.stop = stop.get_token()}, play, nobody)), Ids{"a"});
}

TEST(Schedule, CallsACaseSlowOnceAndOnlyWhenItIsSlowForItself) {
  struct Slow : Observer {
    void case_slow(const std::string& id, evidence::Nanoseconds, evidence::Nanoseconds last_time) override {
      ids.push_back(id);
      last = last_time;
    }
    Ids ids;
    std::atomic<evidence::Nanoseconds> last = -1;
  } observer;
  const Play play = [&](const Case& planned, const fs::path&, Observer&) {
    while (planned.id == "slow" && observer.last < 0) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(20ms);
    return evidence_of(planned);
  };
  const Durations durations{{"slow", 2}, {"long", 1'000'000'000'000}};
  play_all(cases({"slow", "long"}), {.jobs = 2, .durations = durations, .slow_after = 1ms}, play, observer);
  EXPECT_EQ(observer.ids, Ids{"slow"});
  EXPECT_EQ(observer.last, 2);
}

TEST(Durations, AreKeptForWhatWasJudged) {
  const auto folder = util::TempDir::create().value();
  EXPECT_EQ(load_durations(folder.path()), Durations{});
  evidence::CaseEvidence passed{.id = "a@v1", .verdict = evidence::Verdict::passed, .duration = 5};
  evidence::CaseEvidence broken{.id = "b@v1", .verdict = evidence::Verdict::broken, .duration = 7};
  ASSERT_TRUE(save_durations(folder.path(), {passed, broken}));
  EXPECT_EQ(load_durations(folder.path()), (Durations{{"a@v1", 5}}));
  passed.id = "c@v1";
  ASSERT_TRUE(save_durations(folder.path(), {passed}));
  EXPECT_EQ(load_durations(folder.path()), (Durations{{"a@v1", 5}, {"c@v1", 5}}));
  ASSERT_TRUE(util::write_text(folder.path() / "durations.json", "no json"));
  EXPECT_EQ(load_durations(folder.path()), Durations{});
}

} // namespace
} // namespace cacheproof::engine
