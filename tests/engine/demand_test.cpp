// What is asked of the results of rounds.
#include "engine/play_result.hpp"
#include "scenario/read.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::engine {
namespace {

scenario::Scenario story(const std::string& rounds) {
  auto reading = scenario::read_text("title: x\nfiles: {Dockerfile: \"FROM scratch\"}\nrounds:\n" + rounds, "x.yaml");
  for (const auto& each : reading.diagnostics) ADD_FAILURE() << util::to_text(each);
  return std::move(reading.scenario).value_or(scenario::Scenario());
}

TEST(Demand, IsWhatTheClaimsOfARoundLookAt) {
  const auto told = story("  - expect: {rebuilt: all}\n"
                          "  - expect: {result: {files: {a/b: {contains: x}, c: text}}}\n"
                          "  - expect: {result: {same_as_clean_build: true}}\n"
                          "  - known_issue: {url: U, expect: {result: {same_as_clean_build: true}}}\n"
                          "  - expect: {result: {config: {user: me}}}\n");
  EXPECT_FALSE(demand_of(told, told.rounds.at(0)).image);
  const auto files = demand_of(told, told.rounds.at(1));
  EXPECT_TRUE(files.image);
  EXPECT_FALSE(files.as_image);
  EXPECT_FALSE(files.clean);
  EXPECT_THAT(files.looked_at, testing::ElementsAre("b"));
  EXPECT_TRUE(demand_of(told, told.rounds.at(2)).clean);
  EXPECT_TRUE(demand_of(told, told.rounds.at(3)).clean) << "of the issue's claims";
  EXPECT_TRUE(demand_of(told, told.rounds.at(4)).as_image);
}

TEST(Demand, OfARoundIsAlsoThatOfLaterOnesThatCompare) {
  const auto told = story("  - {name: first, expect: {rebuilt: all}}\n"
                          "  - {name: other, expect: {rebuilt: all}}\n"
                          "  - expect: {result: {digest: same_as first}}\n");
  EXPECT_TRUE(demand_of(told, told.rounds.at(0)).image);
  EXPECT_TRUE(demand_of(told, told.rounds.at(0)).as_image);
  EXPECT_FALSE(demand_of(told, told.rounds.at(0)).clean);
  EXPECT_FALSE(demand_of(told, told.rounds.at(1)).image);
}

TEST(Verified, AreRoundsWhoseBuildMaySucceed) {
  const auto told = story("  - expect: {rebuilt: all}\n"
                          "  - expect: {status: {fails: x}}\n"
                          "  - run: make\n"
                          "  - expect: {status: [{when: {buildkit: \"<0.12\"}, value: {fails: x}}, {when: {buildkit: "
                          "\">=0.12\"}, value: ok}]}\n"
                          "  - expect: {result: {files: {a: b}}}\n");
  const auto clean = [&](std::size_t round, const scenario::World& world = {}) {
    return demand_of(told, verified(told.rounds.at(round), world)).clean;
  };
  EXPECT_TRUE(clean(0));
  EXPECT_FALSE(clean(1)) << "nothing comes out of it";
  EXPECT_FALSE(clean(2)) << "what it builds is not known";
  EXPECT_FALSE(clean(3, {{"buildkit", "v0.11.6"}}));
  EXPECT_TRUE(clean(3, {{"buildkit", "v0.17.3"}}));
  const auto both = verified(told.rounds.at(4), {});
  ASSERT_EQ(both.expect.result->alternatives.size(), 1u);
  EXPECT_TRUE(both.expect.result->alternatives[0].value.same_as_clean_build);
  EXPECT_EQ(both.expect.result->alternatives[0].value.files.size(), 1u) << "beside its own claims";
}

TEST(Demand, IsForTheOwnResultWhereNoBuildBesideItTakesNoCache) {
  const auto anothers = [](const std::string& first, const std::string& second) {
    const auto told = story("  - parallel: [{name: a, " + first + "}, {name: b, " + second + "}]\n");
    const auto& round = told.rounds.at(0);
    return may_be_anothers(told, round, round.parallel.at(0));
  };
  EXPECT_FALSE(anothers("build: {}", "build: {}"));
  EXPECT_TRUE(anothers("build: {}", "build: {no_cache: true}"));
  EXPECT_TRUE(anothers("build: {no_cache_filter: [x]}", "build: {}"));
  EXPECT_TRUE(anothers("build: {}", "run: make"));
  EXPECT_FALSE(anothers("build: {output: [\"type=oci,dest=i.tar\"]}", "build: {no_cache: true}"));
  const auto alone = story("  - build: {no_cache: true}\n");
  EXPECT_FALSE(may_be_anothers(alone, alone.rounds.at(0), alone.rounds.at(0)));
}

} // namespace
} // namespace cacheproof::engine
