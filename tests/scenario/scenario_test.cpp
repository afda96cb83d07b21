#include "scenario/scenario.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace cacheproof::scenario {
namespace {

Text text(std::string value) {
  return {std::move(value), {}};
}

std::vector<Text> texts(const std::vector<std::string>& values) {
  std::vector<Text> all;
  for (const auto& value : values) all.push_back(text(value));
  return all;
}

TEST(Merge, TakesEachKeyFromTheRoundThatHasIt) {
  BuildSpec base;
  base.dockerfile = text("Dockerfile");
  base.target = text("app");
  base.cache_from = texts({"a"});
  base.cache_to = texts({"b"});
  base.no_cache = true;

  const auto same = merge(base, {});
  EXPECT_EQ(same.dockerfile, base.dockerfile);
  EXPECT_EQ(same.target, base.target);
  EXPECT_EQ(same.cache_from, base.cache_from);
  EXPECT_EQ(same.cache_to, base.cache_to);
  EXPECT_EQ(same.no_cache, true);

  BuildSpec over;
  over.dockerfile = text("other");
  over.target = text("test");
  over.cache_from = texts({"c", "d"});
  over.cache_to = texts({});
  over.no_cache = false;
  const auto other = merge(base, over);
  EXPECT_EQ(other.dockerfile, over.dockerfile);
  EXPECT_EQ(other.target, over.target);
  EXPECT_EQ(other.cache_from, over.cache_from);
  EXPECT_EQ(other.cache_to, over.cache_to) << "an empty list clears the default";
  EXPECT_EQ(other.no_cache, false);

  const auto onto_nothing = merge({}, over);
  EXPECT_EQ(onto_nothing.target, over.target);
  EXPECT_EQ(onto_nothing.cache_to, over.cache_to);
  EXPECT_EQ(merge({}, {}).no_cache, std::nullopt);
}

TEST(Merge, MergesArgumentsByName) {
  BuildSpec base;
  base.args = {{"A", text("1")}, {"B", text("2")}};
  BuildSpec over;
  over.args = {{"C", text("3")}, {"A", text("4")}};
  const std::vector<std::pair<std::string, Text>> expected{{"A", text("4")}, {"B", text("2")}, {"C", text("3")}};
  EXPECT_EQ(merge(base, over).args, expected);
}

TEST(Cells, AreEveryCombinationTheLastDimensionFastest) {
  Scenario scenario;
  scenario.matrix = {{"mode", {"max", "min"}}, {"to", {"a", "b"}}};
  EXPECT_EQ(cells(scenario),
            (std::vector<Cell>{{{"mode", "max"}, {"to", "a"}},
                               {{"mode", "max"}, {"to", "b"}},
                               {{"mode", "min"}, {"to", "a"}},
                               {{"mode", "min"}, {"to", "b"}}}));
}

TEST(Cells, HaveAWordForTheVersionsThatWillBePlayed) {
  Scenario scenario;
  scenario.matrix = {{"from", {}}, {"mode", {"max"}}};
  EXPECT_EQ(cells(scenario), (std::vector<Cell>{{{"from", "buildkit"}, {"mode", "max"}}}));
}

TEST(When, ADimensionOfVersionsIsInARange) {
  const Cell cell{{"from", "v0.13.2"}, {"mode", ">=1"}};
  EXPECT_TRUE(matches({{"from", {">=0.13 <0.17"}}}, cell));
  EXPECT_FALSE(matches({{"from", {">=0.17"}}}, cell));
  EXPECT_TRUE(matches({{"mode", {">=1"}}}, cell)) << "a value is itself first";
  EXPECT_FALSE(matches({{"mode", {">=2"}}}, cell));
}

TEST(Cells, WithoutAMatrixAreOneThatIsEmpty) {
  EXPECT_EQ(cells({}), (std::vector<Cell>{{}}));
}

TEST(When, MatchesACellThatHasOneOfTheValuesInEveryDimension) {
  const Cell cell{{"mode", "max"}, {"to", "a"}};
  EXPECT_TRUE(matches({}, cell));
  EXPECT_TRUE(matches({{"mode", {"max"}}}, cell));
  EXPECT_TRUE(matches({{"mode", {"min", "max"}}, {"to", {"a"}}}, cell));
  EXPECT_FALSE(matches({{"mode", {"max"}}, {"to", {"b"}}}, cell));
  EXPECT_FALSE(matches({{"mode", {"a"}}}, cell)) << "the value of another dimension";
  EXPECT_FALSE(matches({{"mode", {}}}, cell));
  EXPECT_FALSE(matches({{"else", {"max"}}}, cell));
  EXPECT_TRUE(matches({}, {}));
}

TEST(When, AsksForVersionsByNumberOrRange) {
  const World world{{"mode", "max"}, {"buildkit", "v0.28.1"}, {"driver", "buildctl"}};
  EXPECT_TRUE(matches({{"buildkit", {"0.28.1"}}}, world)) << "the v is optional";
  EXPECT_FALSE(matches({{"buildkit", {"0.28"}}}, world)) << "which is v0.28.0";
  EXPECT_TRUE(matches({{"buildkit", {">=0.28 <0.29"}}, {"mode", {"max"}}}, world));
  EXPECT_TRUE(matches({{"buildkit", {"0.11.6", ">=0.28"}}}, world)) << "any of several";
  EXPECT_FALSE(matches({{"buildkit", {"<0.28"}}}, world));
  EXPECT_TRUE(matches({{"driver", {"buildctl"}}}, world));
  EXPECT_FALSE(matches({{"buildx", {">=0"}}}, world)) << "a fact that this case does not have";
}

TEST(Claims, ChooseTheFirstAlternativeThatMatches) {
  Claim<int> claim;
  claim.alternatives = {{{{"mode", {"max"}}}, 1, {}}, {{}, 2, {}}, {{{"mode", {"min"}}}, 3, {}}};
  EXPECT_EQ(claim.choose({{"mode", "max"}})->value, 1);
  EXPECT_EQ(claim.choose({{"mode", "min"}})->value, 2);
  claim.alternatives.erase(claim.alternatives.begin() + 1);
  EXPECT_EQ(claim.choose({{"mode", "none"}}), nullptr);
}

TEST(Expand, ReplacesVariables) {
  const std::map<std::string, std::string> variables{{"registry", "localhost:5000"}, {"mode", "mode=${registry}"}};
  EXPECT_EQ(expand("ref=${registry}/app:cache,${mode}", variables), "ref=localhost:5000/app:cache,mode=${registry}")
      << "a value is not expanded again";
  EXPECT_EQ(expand("", variables), "");
  EXPECT_EQ(expand("$registry {registry} $ ${", variables), "$registry {registry} $ ${");
  EXPECT_EQ(expand("${unknown} ${registry}", variables), "${unknown} localhost:5000");
}

TEST(Expand, LeavesALiteralWhereTwoSignsStand) {
  const std::map<std::string, std::string> variables{{"x", "1"}};
  EXPECT_EQ(expand("$${x}", variables), "${x}");
  EXPECT_EQ(expand("$${x}${x}", variables), "${x}1");
  EXPECT_EQ(expand("$$x $", variables), "$$x $");
}

TEST(Comparisons, HoldAsTheirSignSays) {
  using Op = Comparison::Op;
  const struct {
    Op op;
    bool below, same, above;
    std::string text;
  } table[] = {{Op::equal, false, true, false, "3"},
               {Op::less, true, false, false, "< 3"},
               {Op::less_equal, true, true, false, "<= 3"},
               {Op::greater, false, false, true, "> 3"},
               {Op::greater_equal, false, true, true, ">= 3"}};
  for (const auto& row : table) {
    const Comparison comparison{row.op, 3};
    EXPECT_EQ(comparison.to_text(), row.text);
    EXPECT_EQ(comparison.holds(2), row.below) << row.text;
    EXPECT_EQ(comparison.holds(3), row.same) << row.text;
    EXPECT_EQ(comparison.holds(4), row.above) << row.text;
  }
}

} // namespace
} // namespace cacheproof::scenario
