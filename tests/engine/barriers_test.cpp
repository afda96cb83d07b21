#include "engine/barriers.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace cacheproof::engine {
namespace {

using scenario::Barrier;
using std::chrono::milliseconds;
constexpr milliseconds k_long = std::chrono::seconds(60);

Barrier barrier(Barrier::Event event, const std::string& step = {}) {
  Barrier made;
  made.build.value = "holder";
  made.event = event;
  if (!step.empty()) made.step = scenario::StepReference::parse(step, {});
  return made;
}

/// A build of two steps, of which those have begun and ended.
evidence::BuildRecord record(std::vector<evidence::Interval> first, std::vector<evidence::Interval> second) {
  evidence::BuildRecord made;
  made.steps.resize(2);
  made.steps[0].places = {{"app", 2, 3, "COPY a .", 2}};
  made.steps[0].intervals = std::move(first);
  made.steps[1].places = {{"app", 3, 3, "RUN b", 3}};
  made.steps[1].intervals = std::move(second);
  return made;
}

/// Why the event never comes; empty when it has come.
std::string why_never(const Barriers& barriers, const Barrier& barrier, milliseconds limit = k_long) {
  const auto waited = barriers.wait(barrier, limit, {});
  return waited ? "" : waited.error().what;
}

TEST(Barriers, OpenAtTheEventsOfABuild) {
  Barriers barriers;
  barriers.started("holder");
  EXPECT_EQ(why_never(barriers, barrier(Barrier::Event::started)), "");
  EXPECT_EQ(
      why_never(barriers, barrier(Barrier::Event::finished), milliseconds(1)),
      "it never began: it waited for the build 'holder' to finish, which did not happen within 0 s. Of 'holder' was "
      "seen: it runs");
  barriers.ended("holder", "exit code 1");
  EXPECT_EQ(why_never(barriers, barrier(Barrier::Event::finished)), "");
}

TEST(Barriers, OpenAtTheEventsOfAStep) {
  Barriers barriers;
  const auto started = barrier(Barrier::Event::started, "app RUN*");
  const auto finished = barrier(Barrier::Event::finished, "app RUN*");
  barriers.started("holder");
  barriers.progress("holder", record({{1, 2, false}}, {}));
  EXPECT_EQ(why_never(barriers, started, milliseconds(1)),
            "it never began: it waited for step 'app RUN*' of the build 'holder' to start, which did not happen within "
            "0 s. Of 'holder' was seen: of its steps app 2/3 COPY a . finished");
  barriers.progress("holder", record({{1, 2, false}}, {{3, 0, false}}));
  EXPECT_EQ(why_never(barriers, started), "");
  EXPECT_NE(why_never(barriers, finished, milliseconds(1)), "");
  barriers.progress("holder", record({{1, 2, false}}, {{3, 4, false}}));
  EXPECT_EQ(why_never(barriers, finished), "");
  barriers.progress("holder", record({}, {{0, 0, true}}));
  EXPECT_EQ(why_never(barriers, finished), "") << "a hit that needed no work";
}

TEST(Barriers, OfSeveralStepsOpenAtTheFirstStartAndTheLastEnd) {
  Barriers barriers;
  barriers.progress("holder", record({{1, 2, false}}, {}));
  EXPECT_EQ(why_never(barriers, barrier(Barrier::Event::started, "app 2-3")), "");
  EXPECT_NE(why_never(barriers, barrier(Barrier::Event::finished, "app 2-3"), milliseconds(1)), "");
}

TEST(Barriers, SayAtOnceThatAnEventCanComeNoMore) {
  Barriers barriers;
  barriers.started("holder");
  barriers.progress("holder", record({{1, 2, false}}, {}));
  barriers.ended("holder", "exit code 1");
  EXPECT_EQ(
      why_never(barriers, barrier(Barrier::Event::started, "app RUN*")),
      "it never began: it waited for step 'app RUN*' of the build 'holder' to start, which can happen no more. Of "
      "'holder' was seen: it ended (exit code 1); of its steps app 2/3 COPY a . finished");
}

TEST(Barriers, OfABuildThatNeverBeganAreNotOpenedByItsEnd) {
  Barriers barriers;
  barriers.ended("holder", "its client was not there");
  EXPECT_EQ(
      why_never(barriers, barrier(Barrier::Event::finished)),
      "it never began: it waited for the build 'holder' to finish, which can happen no more. Of 'holder' was seen: "
      "the daemon never announced it; it ended (its client was not there)");
}

TEST(Barriers, SayWhyNothingIsHeard) {
  Barriers barriers;
  barriers.started("holder");
  barriers.deaf("the daemon is gone");
  EXPECT_EQ(
      why_never(barriers, barrier(Barrier::Event::started, "app RUN*")),
      "it never began: it waited for step 'app RUN*' of the build 'holder' to start, of which nothing is heard any "
      "more: the daemon is gone. Of 'holder' was seen: nothing was heard of its steps");
}

TEST(Barriers, WakeThoseWhoWait) {
  Barriers barriers;
  std::jthread other([&] {
    barriers.started("holder");
    barriers.ended("holder", "exit code 0");
  });
  EXPECT_EQ(why_never(barriers, barrier(Barrier::Event::finished)), "");
  EXPECT_TRUE(barriers.wait_for_end({"holder"}, {}));
}

TEST(Barriers, AreLeftAtAStop) {
  Barriers barriers;
  std::stop_source stop;
  std::jthread other([&] { stop.request_stop(); });
  const auto waited = barriers.wait(barrier(Barrier::Event::started), k_long, stop.get_token());
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().blame, util::Blame::interrupted);
  EXPECT_FALSE(barriers.wait_for_end({"holder"}, stop.get_token()));
}

} // namespace
} // namespace cacheproof::engine
