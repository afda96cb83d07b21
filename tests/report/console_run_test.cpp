// What is told of a run: while it goes on, and at its end.
#include "report/told.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace cacheproof::report {
namespace {

using evidence::CaseEvidence;
using evidence::Verdict;
using testing::HasSubstr;
using testing::Not;

TEST(Console, ShowsTheRunningRoundOnATerminalAndRewritesIt) {
  std::ostringstream out;
  Console console(out, {.live = true});
  const auto played = small_case();
  console.round_started(played, played.rounds[0]);
  EXPECT_EQ(out.str(), "  … 1 first build");
  console.said("leftovers swept");
  EXPECT_EQ(out.str(), "  … 1 first build\r\033[K· leftovers swept\n  … 1 first build");
  console.round_judged(played, played.rounds[0]);
  EXPECT_THAT(out.str(), HasSubstr("\r\033[K  ✓ 1 first build"));
  out.str({});
  console.said("done");
  EXPECT_EQ(out.str(), "· done\n");
}

TEST(Console, TellsCasesThatRunAtOnceOneAfterTheOther) {
  std::ostringstream out;
  Console console(out, {});
  console.run_started(2, 2);
  const auto one = small_case();
  auto two = one;
  two.id = "b@v1";
  console.case_started(one);
  console.case_started(two);
  for (const auto& round : two.rounds) console.round_judged(two, round);
  for (const auto& round : one.rounds) console.round_judged(one, round);
  EXPECT_EQ(out.str(), "2 cases to play, 2 at once\n\n") << "a case is told when it is over";
  console.case_judged(two, k_folder);
  console.case_judged(one, k_folder);
  EXPECT_EQ(out.str(), "2 cases to play, 2 at once\n\n" + told(two) + told(one));
}

TEST(Console, HasALineForEveryCaseThatRunsOnATerminal) {
  std::ostringstream out;
  Console console(out, {.live = true});
  console.run_started(2, 2);
  auto one = small_case();
  auto two = one;
  one.id = "a";
  two.id = "b";
  out.str({});
  console.case_started(one);
  console.round_started(two, two.rounds[0]);
  EXPECT_EQ(out.str(), "  … a\r\033[K  … a\n  … b  1 first build");
  out.str({});
  console.case_judged(one, k_folder);
  EXPECT_THAT(out.str(), testing::StartsWith("\r\033[K\033[1A\r\033[K"));
  EXPECT_THAT(out.str(), testing::EndsWith("\n  … b  1 first build"));
}

TEST(Console, NamesASlowCase) {
  std::ostringstream out;
  Console console(out, {});
  console.case_slow("a@v1", 60'000'000'000, 2'000'000'000);
  console.case_slow("b@v1", 60'000'000'000, 0);
  EXPECT_EQ(out.str(), "· SLOW a@v1: 1 min 00 s so far, 2.00 s last time\n· SLOW b@v1: 1 min 00 s so far\n");
}

TEST(Console, CutsLongLinesOnATerminalOnly) {
  auto played = seed_case();
  played.rounds[0].name = std::string(100, 'n');
  const std::string whole = "build-assets-less 2/4 = build-node-modules 2/6 = build-public 2/8 WORKDIR /app";
  EXPECT_THAT(told(played, {.width = 60}), HasSubstr(whole + "\n"));
  std::ostringstream out;
  Console console(out, {.live = true, .width = 60});
  console.round_started(played, played.rounds[0]);
  EXPECT_EQ(columns(out.str()), 59U);
  out.str({});
  console.round_judged(played, played.rounds[0]);
  EXPECT_THAT(out.str(), Not(HasSubstr(whole)));
  EXPECT_THAT(out.str(), HasSubstr("+           rebuilt     build-assets-less 2/4 ="));
}

/// The end of a run without its time, which is the clock's.
std::string summary(const std::vector<CaseEvidence>& all) {
  std::ostringstream out;
  Console console(out, {});
  console.run_started(all.size(), 1);
  console.run_finished(all);
  const auto text = out.str();
  EXPECT_THAT(text, testing::MatchesRegex("(.|\n)* in 0\\.[0-9][0-9] s\n")) << "the time of the run, not of its cases";
  return text.substr(0, text.rfind(" in "));
}

TEST(Console, EndsWithASummary) {
  auto passed = small_case();
  passed.duration = 100'000'000'000;
  auto skipped = small_case();
  skipped.id = "a";
  skipped.verdict = Verdict::skipped;
  auto broken = small_case();
  broken.id = "b";
  broken.verdict = Verdict::broken;
  EXPECT_EQ(summary({passed, passed, seed_case(), skipped, broken}),
            "5 cases to play\n\n"
            "✗ failed  registry/asset_edit_rebuilds_one_stage[mode=mod=max]@v0.34.2\n"
            "- skipped a\n"
            "! broken  b\n"
            "2 passed, 1 failed, 1 broken, 1 skipped");
  EXPECT_EQ(summary({}), "0 cases to play\n\nnothing was played");
}

} // namespace
} // namespace cacheproof::report
