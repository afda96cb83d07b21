#include "lint/lint.hpp"
#include "lint/step_references.hpp"
#include "scenario/read.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::lint {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Two rounds in two cells; the typo is in one cell of the scenario's default build.
scenario::Scenario scenario_with(const std::string& more) {
  auto reading = scenario::read_text("title: t\n"
                                     "files: {Dockerfile: FROM scratch}\n"
                                     "build: {cache_to: [\"type=registry,ref=${registry}/a:b,${mode}\"]}\n"
                                     "matrix: {mode: [mode=max, mod=max]}\n"
                                         + more + "rounds:\n  - {name: one}\n  - {name: two}\n",
                                     "s.yaml");
  EXPECT_TRUE(reading.scenario);
  return std::move(*reading.scenario);
}

std::vector<std::string> names(const std::vector<util::Diagnostic>& all) {
  std::vector<std::string> result;
  for (const auto& one : all) result.push_back(one.name);
  return result;
}

TEST(Lint, SaysEachThingOnceForAllRoundsAndCells) {
  EXPECT_THAT(names(check(scenario_with(""))), ElementsAre("unknown_cache_attribute"));
}

TEST(Lint, SaysNothingThatIsAllowedByNameOrCode) {
  EXPECT_THAT(check(scenario_with("allow: [unknown_cache_attribute]\n")), IsEmpty());
  EXPECT_THAT(check(scenario_with("allow: [CP0102]\n")), IsEmpty());
  EXPECT_THAT(names(check(scenario_with("allow: [CP0103]\n"))), ElementsAre("unknown_cache_attribute"));
}

TEST(Lint, TellsAFailedRoundWhatIsAllowedToo) {
  const auto scenario = scenario_with("allow: [unknown_cache_attribute]\n");
  EXPECT_THAT(for_build(scenario, scenario.rounds[1], {{"mode", "mode=max"}}), IsEmpty());
  EXPECT_THAT(names(for_build(scenario, scenario.rounds[1], {{"mode", "mod=max"}})),
              ElementsAre("unknown_cache_attribute"));
}

/// What is said of references against a Dockerfile of one stage with the steps 2 COPY and 3 RUN.
std::vector<util::Diagnostic> of_references(const std::string& claim,
                                            const std::vector<std::string>& platforms = {},
                                            const std::string& text = "FROM x AS app\nCOPY a .\nRUN make\n") {
  const auto reading =
      scenario::read_text("title: t\nfiles: {Dockerfile: x}\nrounds:\n  - expect: {" + claim + "}\n", "s.yaml");
  EXPECT_TRUE(reading.scenario) << claim;
  const auto dockerfile = dockerfile::read(text, "Dockerfile");
  return check_references(reading.scenario->rounds[0].expect, *dockerfile.file, platforms, reading.scenario->source);
}

TEST(StepReferences, ThatNameAStepAreGood) {
  EXPECT_THAT(of_references("rebuilt: [app 2, APP 3, app 2-3, app, app RUN m*], cached: [app 1-2], unneeded: [app 3]"),
              IsEmpty());
}

TEST(StepReferences, ThatNameNoneAreFoundInEveryClaim) {
  for (const char* claim : {"rebuilt: [app 4]",
                            "cached: [app 4]",
                            "unneeded: [app 4]",
                            "rebuilt: [app 1]",
                            "rebuilt: [app 2-4]",
                            "rebuilt: [app RUN take]"})
    EXPECT_THAT(names(of_references(claim)), ElementsAre("unknown_step")) << claim;
  EXPECT_THAT(names(of_references("rebuilt: [web 2]")), ElementsAre("unknown_stage"));
  const auto counted = of_references("rebuilt: [app 2-3]", {}, "FROM x AS app\nRUN a\nWORKDIR /\n");
  EXPECT_THAT(names(counted), ElementsAre("unknown_step")) << "`WORKDIR /` has no number";
}

TEST(StepReferences, NameNoBuildWhereThereIsOne) {
  const auto found = of_references("cached: [\"alpha:app 2\"]");
  ASSERT_THAT(names(found), ElementsAre("bad_step_reference"));
  EXPECT_EQ(found[0].message, "'alpha:app 2' names the build 'alpha', and this is one build");
  EXPECT_EQ(found[0].hint, "a build stands before a stage only where a `run` line starts several");
}

TEST(StepReferences, NameAPlatformOfABuildForSeveral) {
  const std::vector<std::string> both = {"linux/amd64", "linux/arm64"};
  EXPECT_THAT(of_references("rebuilt: [app 2, linux/arm64/v8 app 3]", both), IsEmpty());
  const auto none = of_references("rebuilt: [linux/arm app 3]", both);
  EXPECT_THAT(names(none), ElementsAre("unknown_platform"));
  EXPECT_EQ(none[0].message, "'linux/arm app 3' names no platform of the build");
  EXPECT_EQ(none[0].hint, "it is for linux/amd64, linux/arm64");
  EXPECT_THAT(names(of_references("rebuilt: [linux/arm64 app 4]", both)), ElementsAre("unknown_step"));
  for (const auto& one : {std::vector<std::string>(), std::vector<std::string>{"linux/arm64"}})
    EXPECT_EQ(of_references("rebuilt: [linux/arm64 app 3]", one).at(0).hint,
              "steps have one where a build is for several `platforms`");
}

TEST(StepReferences, AreShownWithWhatThereIs) {
  EXPECT_EQ(of_references("rebuilt: [app 4]")[0].hint, "its steps are\n    app 2/3 COPY a .\n    app 3/3 RUN make");
  EXPECT_EQ(of_references("rebuilt: [apq 2]")[0].hint, "did you mean 'app'?");
  EXPECT_EQ(of_references("rebuilt: [other 2]")[0].hint, "its stages are app");
}

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(StepReferences, AreToldAndComparedUpToALimit) {
  const auto long_stage = "FROM x AS app\n" + repeated("RUN a\n", 10'000);
  const auto told = of_references("cached: [" + repeated("app RUN b, ", 900) + "]", {}, long_stage);
  ASSERT_EQ(told.size(), 100U);
  EXPECT_TRUE(told[0].hint.ends_with("\n    app 101/10001 RUN a\n    …")) << told[0].hint;
  EXPECT_THAT(names(of_references("cached: [" + repeated("app RUN a, ", 1000) + "]", {}, long_stage)),
              ElementsAre("too_large"));
  std::string stages;
  for (int i = 0; i < 101; ++i) stages += "FROM x AS s" + std::to_string(i) + "\n";
  EXPECT_TRUE(of_references("cached: [other 2]", {}, stages)[0].hint.ends_with(", s99, …"));
}

} // namespace
} // namespace cacheproof::lint
