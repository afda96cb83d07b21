#include "author/built.hpp"
#include "author/observed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::author {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using enum evidence::Outcome;

/// A step that stages share.
evidence::Step shared(const std::vector<std::pair<std::string, int>>& places) {
  auto all = step(places.front().first, places.front().second, rebuilt);
  all.places.clear();
  for (const auto& [stage, number] : places) all.places.push_back({stage, number, 9, "RUN", number});
  return all;
}

std::optional<std::vector<std::string>> references_of(const std::vector<evidence::Step>& steps) {
  std::vector<const evidence::Step*> all;
  for (const auto& one : steps) all.push_back(&one);
  return references(all);
}

TEST(Observed, NumbersThatFollowEachOtherAreOneReference) {
  EXPECT_THAT(references_of({step("app", 2, rebuilt), step("app", 4, rebuilt), step("app", 3, rebuilt)}).value(),
              ElementsAre("app 2-4"));
  EXPECT_THAT(references_of({step("app", 2, rebuilt), step("app", 4, rebuilt)}).value(), ElementsAre("app 2", "app 4"));
}

TEST(Observed, StepsOfPlatformsAreNamedWithThem) {
  auto amd = step("app", 2, rebuilt);
  auto arm = step("app", 2, rebuilt);
  auto arm_next = step("app", 3, rebuilt);
  amd.places[0].platform = "linux/amd64";
  arm.places[0].platform = arm_next.places[0].platform = "linux/arm64";
  EXPECT_THAT(references_of({amd, arm, arm_next}).value(), ElementsAre("linux/amd64 app 2", "linux/arm64 app 2-3"));
}

TEST(Observed, StepsOfSeveralBuildsAreNamedWithTheirs) {
  auto alpha = step("app", 2, rebuilt);
  auto beta = step("app", 3, rebuilt);
  alpha.build = "alpha";
  beta.build = "beta";
  beta.places[0].platform = "linux/arm64";
  EXPECT_THAT(references_of({alpha, beta}).value(), ElementsAre("alpha:app 2", "beta:linux/arm64 app 3"));
}

// As the first scenario's author wrote them: step 2, WORKDIR, is one vertex of three stages.
TEST(Observed, ASharedStepIsNamedWhereOthersAre) {
  const auto workdir = shared({{"less", 2}, {"modules", 2}, {"public", 2}, {"unneeded", 2}});
  EXPECT_THAT(references_of({workdir,
                             step("less", 3, rebuilt),
                             step("less", 4, rebuilt),
                             step("modules", 3, rebuilt),
                             step("public", 3, rebuilt)})
                  .value(),
              ElementsAre("less 2-4", "modules 2-3", "public 2-3"));
}

TEST(Observed, AStepThatOnlySharedOnesStandBesideIsNamedOnce) {
  EXPECT_THAT(references_of({shared({{"one", 2}, {"two", 2}}), shared({{"one", 3}, {"two", 3}})}).value(),
              ElementsAre("one 2-3"));
}

TEST(Observed, AStepOnNoLineCannotBeNamed) {
  EXPECT_FALSE(references_of({evidence::Step{}}));
}

TEST(Observed, RebuiltIsAllOrNoneWhereThatIsSo) {
  EXPECT_EQ(rebuilt_claim(built({rebuilt, failed, unneeded}).record), "all");
  EXPECT_EQ(rebuilt_claim(built({cached, cached, unneeded}).record), "none");
  EXPECT_EQ(rebuilt_claim(built({cached, rebuilt, rebuilt}).record), "[app 3-4]");
  EXPECT_EQ(rebuilt_claim(built({unneeded}).record), std::nullopt);
}

TEST(Observed, WarningsAreTakenLiterally) {
  evidence::BuildRecord record;
  EXPECT_EQ(warnings_claim(record), "[]");
  record.warnings = {{"JSONArgs: use ['a', \"b\"] (line 3)", "", 3}};
  EXPECT_EQ(warnings_claim(record), R"(['JSONArgs: use \[''a'', "b"\] \(line 3\)'])");
}

TEST(Observed, TwoPlaysDifferInOutcomesLayersAndWarnings) {
  evidence::CaseEvidence first;
  first.rounds = {built({rebuilt, rebuilt}), built({cached, rebuilt})};
  auto second = first;
  second.rounds[0].duration = 5;
  second.rounds[0].caches[0].layers[0].digest = "other";
  second.rounds[1] = built({cached, rebuilt}, 4); // what it imported may be told in more layers
  EXPECT_THAT(differences(first, second), IsEmpty());
  second.rounds[0] = built({rebuilt, rebuilt}, 4);
  second.rounds[1] = built({cached, cached}, 4);
  second.rounds[1].record.warnings = {{"odd", "", 0}};
  EXPECT_THAT(differences(first, second),
              ElementsAre("round 1: the cache at app:cache: index with 3 layers, then index with 4 layers",
                          "round 2: app 3/9 RUN 3: rebuilt, then cached",
                          "round 2: warnings: none, then odd"));
  second.rounds.pop_back();
  second.rounds[0] = first.rounds[0];
  EXPECT_THAT(differences(first, second), ElementsAre("2 rounds were played, then 1"));
}

} // namespace
} // namespace cacheproof::author
