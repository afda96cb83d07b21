#include "judge/repeat.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::judge {
namespace {

using evidence::Verdict;
using testing::ElementsAre;
using testing::IsEmpty;

scenario::Share share(scenario::Comparison::Op op, double bound) {
  return {op, bound};
}
using Op = scenario::Comparison::Op;

/// A story of one round, played so often as there are verdicts.
RepeatJudgement judged(const std::vector<Verdict>& plays,
                       std::optional<scenario::Share> fail_rate = {},
                       std::optional<scenario::Share> known_rate = {},
                       int times = 0) {
  scenario::Scenario story;
  story.repeat = {times > 0 ? times : static_cast<int>(plays.size()), fail_rate, {"x.yaml", 3, 1}};
  scenario::KnownIssue issue{"URL", {}, {}, {"x.yaml", 9, 1}, known_rate};
  std::vector<evidence::RoundEvidence> rounds(plays.size());
  for (std::size_t i = 0; i < plays.size(); ++i) {
    rounds[i].number = 1;
    rounds[i].play = static_cast<int>(i) + 1;
    rounds[i].verdict = plays[i];
  }
  return judge_repeat(story, rounds, known_rate ? std::vector<KnownAt>{{1, "", &issue}} : std::vector<KnownAt>{});
}

std::vector<Verdict> mix(int failed, int passed, Verdict bad = Verdict::failed) {
  std::vector<Verdict> all(static_cast<std::size_t>(failed), bad);
  all.insert(all.end(), static_cast<std::size_t>(passed), Verdict::passed);
  return all;
}

/// The values of R's binom::binom.wilson, which statsmodels' proportion_confint(method="wilson") has too.
TEST(Rate, HasWilsonsInterval) {
  const auto near = [](int count, int plays, double low, double high) {
    const auto rate = rate_of(count, plays);
    EXPECT_NEAR(rate.low, low, 5e-5) << count << " of " << plays;
    EXPECT_NEAR(rate.high, high, 5e-5) << count << " of " << plays;
  };
  near(0, 10, 0, 0.27753);
  near(1, 10, 0.01788, 0.40415);
  near(5, 10, 0.23659, 0.76341);
  near(10, 10, 0.72247, 1);
  EXPECT_EQ(rate_of(0, 10).low, 0);
  EXPECT_EQ(rate_of(10, 10).high, 1);
  EXPECT_EQ(evidence::to_text(rate_of(3, 10)), "3 of 10 plays, 0.30 (95 %: 0.11 to 0.60)");
}

TEST(Repeat, WithoutARateEveryPlayHasToHold) {
  EXPECT_EQ(judged(mix(0, 4)).verdict, Verdict::passed);
  const auto one = judged(mix(1, 3));
  EXPECT_EQ(one.verdict, Verdict::failed);
  EXPECT_EQ(one.seen.rule, "every claim holds in every play");
  EXPECT_THAT(one.seen.notes,
              ElementsAre("some plays hold and some do not: if that is how it is, claim it by `fail_rate`"));
}

TEST(Repeat, TheObservedShareDecides) {
  const auto bound = share(Op::less_equal, 0.2);
  EXPECT_EQ(judged(mix(1, 4), bound).verdict, Verdict::passed) << "exactly at the bound";
  const auto more = judged(mix(2, 4), bound);
  EXPECT_EQ(more.verdict, Verdict::failed);
  ASSERT_EQ(more.seen.findings.size(), 1u);
  EXPECT_EQ(more.seen.findings[0].spot.line, 3);
  EXPECT_THAT(more.seen.findings[0].expected, ElementsAre("<= 0.2"));
  EXPECT_THAT(more.seen.findings[0].observed, ElementsAre("2 of 6 plays, 0.33 (95 %: 0.10 to 0.70)"));
}

TEST(Repeat, SaysWhenItCannotTell) {
  EXPECT_THAT(judged(mix(1, 4), share(Op::less_equal, 0.2)).seen.notes,
              ElementsAre("5 plays cannot tell: the bound 0.2 lies within the interval 0.04 to 0.62"));
  EXPECT_THAT(judged(mix(0, 100), share(Op::less_equal, 0.2)).seen.notes, IsEmpty());
}

TEST(Repeat, AKnownIssueHasAShareOfThePlays) {
  const auto some = share(Op::greater, 0);
  const auto known = judged(mix(2, 3, Verdict::known), {}, some);
  EXPECT_EQ(known.verdict, Verdict::known);
  EXPECT_EQ(known.seen.known.count, 2);
  EXPECT_EQ(known.seen.rule, "every claim holds in every play; in a share of > 0 plays it fails exactly as URL says");
  EXPECT_EQ(judged(mix(0, 5), {}, some).verdict, Verdict::stale);
  EXPECT_EQ(judged(mix(1, 4, Verdict::known), {}, share(Op::greater, 0.5)).verdict, Verdict::failed);
  EXPECT_EQ(judged(mix(1, 4), {}, some).verdict, Verdict::failed) << "in another way";
}

TEST(Repeat, AStalePlayIsStale) {
  EXPECT_EQ(judged(mix(1, 2, Verdict::stale)).verdict, Verdict::stale);
}

TEST(Repeat, ABrokenOrMissingPlayIsNoShare) {
  EXPECT_EQ(judged(mix(1, 3, Verdict::broken)).verdict, Verdict::broken);
  EXPECT_EQ(judged(mix(0, 3), {}, {}, 4).verdict, Verdict::broken);
  EXPECT_EQ(judged(mix(1, 2), share(Op::less_equal, 0.1), {}, 4).verdict, Verdict::broken);
  EXPECT_EQ(judged(mix(1, 2), {}, {}, 4).verdict, Verdict::failed) << "one failed play is enough";
  const auto skipped = std::vector{Verdict::failed, Verdict::skipped};
  EXPECT_EQ(judged(skipped, share(Op::less_equal, 0.1)).verdict, Verdict::broken) << "it was not played to its end";
  EXPECT_EQ(judged(skipped).verdict, Verdict::failed);
  EXPECT_THAT(judged(skipped, share(Op::less_equal, 0.1)).seen.findings, IsEmpty());
}

} // namespace
} // namespace cacheproof::judge
