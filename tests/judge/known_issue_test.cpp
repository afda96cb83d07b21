#include "judge/seen.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::judge {
namespace {

using testing::ElementsAre;

constexpr const char* k_url = "https://example.org/1";

/// In `seen()` exactly `app 3` ran.
Judgement judged(const Expectations& claims, const Expectations& misbehaviour, const std::string& version) {
  scenario::Round round;
  round.expect = claims;
  round.known_issue = scenario::KnownIssue{k_url, {{"buildkit", {">=0.25 <0.32"}}}, misbehaviour, at(6)};
  return judge(round, {{"buildkit", version}}, seen(), {"1", "2", "3", "4", "5", "6: the issue", "7: the claim"});
}

TEST(KnownIssue, ThatHappensExactlySoIsKnown) {
  const auto judgement = judged(rebuilt_none(), rebuilt({"app 3"}), "v0.28.0");
  EXPECT_EQ(judgement.verdict, Verdict::known);
  EXPECT_TRUE(judgement.findings.empty());
  EXPECT_THAT(judgement.notes, ElementsAre("known issue https://example.org/1: it fails exactly as that says"));
}

TEST(KnownIssue, ThatDoesNotHappenInItsRangeIsStale) {
  const auto judgement = judged(rebuilt({"app 3"}), rebuilt({"app 3", "app 4"}), "v0.28.0");
  EXPECT_EQ(judgement.verdict, Verdict::stale);
  ASSERT_EQ(judgement.findings.size(), 1u);
  EXPECT_EQ(judgement.findings[0].expectation, "known_issue");
  EXPECT_EQ(judgement.findings[0].spot, at(6));
  EXPECT_EQ(judgement.findings[0].source_line, "6: the issue");
  EXPECT_EQ(judgement.findings[0].summary, "the known issue did not happen here: its range must shrink");
}

TEST(KnownIssue, ThatHappensInAnotherWayIsAFailure) {
  const auto judgement = judged(rebuilt_none(), rebuilt({"app 4"}), "v0.28.0");
  EXPECT_EQ(judgement.verdict, Verdict::failed);
  ASSERT_EQ(judgement.findings.size(), 1u);
  EXPECT_EQ(judgement.findings[0].unexpected, std::vector<std::string>{"app 3/4 COPY src src"})
      << "told against the round's own claim";
  EXPECT_THAT(judgement.notes, ElementsAre("not as the known issue https://example.org/1 says: another failure"));
}

TEST(KnownIssue, OutsideItsRangeExcusesNothingAndIsNeverStale) {
  EXPECT_EQ(judged(rebuilt_none(), rebuilt({"app 3"}), "v0.32.0").verdict, Verdict::failed);
  EXPECT_EQ(judged(rebuilt({"app 3"}), rebuilt_none(), "v0.24.0").verdict, Verdict::passed);
}

TEST(KnownIssue, LeavesTheOtherClaimsOfTheRoundInForce) {
  auto claims = rebuilt_none();
  claims.cached = cached({"app 4"}).cached;
  EXPECT_EQ(judged(claims, rebuilt({"app 3"}), "v0.28.0").verdict, Verdict::known);
  claims.cached = cached({"docs 2"}).cached;
  EXPECT_EQ(judged(claims, rebuilt({"app 3"}), "v0.28.0").verdict, Verdict::failed) << "that is more than is known";
}

TEST(KnownIssue, ThatABuildIsRefusedLeavesNoClaimAboutSteps) {
  scenario::Round round;
  round.expect = rebuilt_none();
  auto round_seen = seen();
  round_seen.record = {};
  round_seen.exit_code = 1;
  const auto verdict = [&](const std::string& known, const std::string& error) {
    round_seen.record.error = error;
    round.known_issue = scenario::KnownIssue{k_url, {}, fails(known), at(6)};
    return judge(round, {}, round_seen, {}).verdict;
  };
  EXPECT_EQ(verdict("invalid value", "ERROR: invalid value x"), Verdict::known);
  EXPECT_EQ(verdict("invalid value", "ERROR: another"), Verdict::failed);
  round_seen.record.steps = seen().record.steps;
  EXPECT_EQ(verdict("invalid value", "ERROR: invalid value x"), Verdict::failed)
      << "of the steps that ran it says none";
}

} // namespace
} // namespace cacheproof::judge
