#include "engine/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::engine {
namespace {

std::shared_ptr<const scenario::Scenario> scenario_named(const std::string& id,
                                                         decltype(scenario::Scenario::matrix) matrix = {}) {
  auto scenario = std::make_shared<scenario::Scenario>();
  scenario->id = id;
  scenario->matrix = std::move(matrix);
  return scenario;
}

std::vector<std::string> ids(const std::vector<Case>& cases) {
  std::vector<std::string> all;
  for (const auto& each : cases) all.push_back(each.id);
  return all;
}

TEST(Plan, IsScenarioTimesCellTimesVersion) {
  const auto cases =
      plan({scenario_named("registry/a", {{"mode", {"mode=max", "mod=max"}}, {"n", {"1"}}}), scenario_named("b")},
           {"v0.17.3", "v0.34.2"});
  EXPECT_THAT(ids(cases),
              testing::ElementsAre("registry/a[mode=max,n=1]@v0.17.3",
                                   "registry/a[mode=max,n=1]@v0.34.2",
                                   "registry/a[mod=max,n=1]@v0.17.3",
                                   "registry/a[mod=max,n=1]@v0.34.2",
                                   "b@v0.17.3",
                                   "b@v0.34.2"));
  EXPECT_EQ(cases[2].cell, (scenario::Cell{{"mode", "mod=max"}, {"n", "1"}}));
}

TEST(Plan, FilterIsAGlobForSomePartOfTheId) {
  const auto cases = plan({scenario_named("registry/a", {{"mode", {"max"}}})}, {"v0.34.2"});
  EXPECT_TRUE(selects("", cases[0]));
  EXPECT_TRUE(selects("registry", cases[0]));
  EXPECT_TRUE(selects("reg*mode=max*0.34", cases[0]));
  EXPECT_FALSE(selects("mode=min", cases[0]));
}

TEST(Plan, TwoCasesOfOneNameAreFound) {
  EXPECT_EQ(collision(plan({scenario_named("a"), scenario_named("b")}, {"v0.34.2"})), std::nullopt);
  EXPECT_EQ(collision(plan({scenario_named("a/b"), scenario_named("a_b")}, {"v0.34.2"})),
            std::pair(std::string("a/b@v0.34.2"), std::string("a_b@v0.34.2")));
}

TEST(Plan, PlainIdsHaveOnlyLettersDigitsAndUnderscores) {
  EXPECT_EQ(plain_id("registry/a[mode=max,n=1]@v27.0.0-rc.1"), "registry_a_mode_max_n_1_v27_0_0_rc_1");
  EXPECT_EQ(plain_id("@@"), "");
}

} // namespace
} // namespace cacheproof::engine
