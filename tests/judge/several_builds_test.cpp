// Claims about the builds that one command line started.
#include "seen.hpp"

#include <gmock/gmock.h>

namespace cacheproof::judge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Step of(const std::string& build, Outcome outcome, Place place) {
  auto made = step(outcome, {std::move(place)});
  made.build = build;
  if (outcome != Outcome::unneeded) made.vertices = {"sha256:" + build + place.stage};
  return made;
}

const Place k_base{"base", 2, 2, "RUN make base", 2};
const Place k_alpha{"alpha", 2, 2, "RUN make alpha", 4};
const Place k_beta{"beta", 2, 2, "RUN make beta", 6};

/// Of the build `alpha` and the build `beta`: the base is made by the first.
RoundEvidence both() {
  RoundEvidence round;
  round.spot = at(5);
  round.record.ref = "ref1";
  round.record.succeeded = true;
  round.record.steps = {of("alpha", Outcome::rebuilt, k_base),
                        of("alpha", Outcome::rebuilt, k_alpha),
                        of("alpha", Outcome::unneeded, k_beta),
                        of("beta", Outcome::cached, k_base),
                        of("beta", Outcome::unneeded, k_alpha),
                        of("beta", Outcome::rebuilt, k_beta)};
  return round;
}

/// The same, but each has made the base for itself.
RoundEvidence twice() {
  auto round = both();
  round.record.steps[3].outcome = Outcome::rebuilt;
  round.record.steps[0].intervals = {{1, 2, false}};
  round.record.steps[3].intervals = {{3, 4, false}};
  return round;
}

TEST(SeveralBuilds, AStepWithoutABuildIsRebuiltWhereAnyRanIt) {
  EXPECT_TRUE(green(rebuilt_all(), both()));
  EXPECT_TRUE(green(rebuilt({"base", "alpha", "beta"}), both()));
  EXPECT_TRUE(green(rebuilt({"alpha:base 2", "alpha 2", "beta:beta"}), both()));
}

TEST(SeveralBuilds, ARebuiltStepWithABuildRanInThatOne) {
  const auto finding = red(rebuilt({"base", "beta:base 2", "alpha", "beta"}), both());
  EXPECT_THAT(finding.missing, ElementsAre("beta:base 2/2 RUN make base (cached)"));
  EXPECT_TRUE(finding.unexpected.empty());
}

TEST(SeveralBuilds, WhatOneBuildRanIsNotNamedByTheNameOfAnother) {
  const auto finding = red(rebuilt({"alpha:base 2", "alpha", "beta"}), twice());
  EXPECT_THAT(finding.unexpected, ElementsAre("beta:base 2/2 RUN make base"));
}

TEST(SeveralBuilds, AStepThatSeveralRanForThemselvesMustSayWhich) {
  const auto finding = red(rebuilt({"base", "alpha", "beta"}), twice());
  EXPECT_EQ(finding.spot, at(8));
  EXPECT_THAT(finding.summary, HasSubstr("say which is meant, as in alpha:base"));
  EXPECT_THAT(finding.observed, ElementsAre("alpha:base 2/2 RUN make base", "beta:base 2/2 RUN make base"));
  EXPECT_TRUE(green(rebuilt({"alpha:base", "beta:base", "alpha", "beta"}), twice()));
  EXPECT_TRUE(green(rebuilt_all(), twice()));
}

TEST(SeveralBuilds, TwoThatWaitedForOneExecutionRanItOnce) {
  auto round = twice();
  round.record.steps[3].vertices = round.record.steps[0].vertices;
  round.record.steps[3].intervals = round.record.steps[0].intervals;
  EXPECT_TRUE(green(rebuilt({"base", "alpha", "beta"}), round));
}

TEST(SeveralBuilds, OneAfterTheOtherRanTheSameVertexForItself) {
  auto round = twice();
  round.record.steps[3].vertices = round.record.steps[0].vertices;
  EXPECT_THAT(red(rebuilt({"base", "alpha", "beta"}), round).summary, HasSubstr("each for itself"));
}

TEST(SeveralBuilds, CachedWithoutABuildIsCachedInAllThatNeedIt) {
  EXPECT_THAT(red(cached({"base"}), both()).missing, ElementsAre("alpha:base 2/2 RUN make base (rebuilt)"));
  EXPECT_TRUE(green(cached({"beta:base"}), both()));
  auto round = both();
  round.record.steps[0].outcome = round.record.steps[5].outcome = Outcome::cached;
  EXPECT_TRUE(green(cached({"base", "beta"}), round)); // that alpha does not need it is no matter
}

TEST(SeveralBuilds, UnneededWithoutABuildIsUnneededInAll) {
  EXPECT_THAT(red(unneeded({"beta 2"}), both()).missing, ElementsAre("beta:beta 2/2 RUN make beta (rebuilt)"));
  EXPECT_TRUE(green(unneeded({"alpha:beta 2"}), both()));
}

TEST(SeveralBuilds, ABuildThatIsNotThereHasNoSteps) {
  EXPECT_THAT(red(cached({"gamma:base 2"}), both()).summary, HasSubstr("has no step gamma:base 2"));
}

} // namespace
} // namespace cacheproof::judge
