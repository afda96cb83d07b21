#include "scenario/step_reference.hpp"

#include <gtest/gtest.h>

namespace cacheproof::scenario {
namespace {

StepReference parsed(std::string_view text) {
  return StepReference::parse(text, {"x.yaml", 1, 1}).value_or(StepReference{});
}

TEST(StepReferences, NameAStepARangeAStageOrAnInstruction) {
  EXPECT_TRUE(parsed("build-public 4").matches("build-public", 4, "COPY a b"));
  EXPECT_FALSE(parsed("build-public 4").matches("build-public", 5, "COPY a b"));
  EXPECT_TRUE(parsed("build-public 4-8").matches("build-public", 8, "COPY a b"));
  EXPECT_FALSE(parsed("build-public 4-8").matches("build-public", 9, "COPY a b"));
  EXPECT_TRUE(parsed("build-public").matches("build-public", 9, "RUN x"));
  EXPECT_FALSE(parsed("build-public").matches("build-php", 9, "RUN x"));
  EXPECT_TRUE(parsed("app RUN  npm ci*").matches("app", 3, "RUN npm  ci --silent"));
  EXPECT_FALSE(parsed("app RUN npm ci*").matches("app", 3, "RUN yarn"));
}

TEST(StepReferences, CompareStageNamesWithoutCase) {
  EXPECT_TRUE(parsed("App 2").matches("app", 2, "RUN x"));
}

TEST(StepReferences, NeverCountSources) {
  EXPECT_FALSE(parsed("app").matches("app", 1, "FROM alpine AS app"));
  EXPECT_FALSE(parsed("app 1-2").matches("app", 1, "from alpine"));
}

TEST(StepReferences, MatchAnInstructionWithItsBlanksFolded) {
  const auto glob = parsed("  app \t RUN  npm\tci * ");
  EXPECT_EQ(glob.stage, "app");
  EXPECT_EQ(glob.glob, "RUN npm ci *");
  EXPECT_TRUE(glob.matches("app", 3, "RUN npm ci \n  --silent"));
  EXPECT_FALSE(glob.matches("app", 3, "RUN npm ci"));
  EXPECT_FALSE(parsed("app RUN npm").matches("app", 3, "RUN npm ci")) << "a glob is the whole instruction";
  EXPECT_FALSE(parsed("app run npm*").matches("app", 3, "RUN npm ci")) << "its letters are the file's";
  EXPECT_TRUE(parsed("app ?UN npm").matches("app", 3, "RUN npm"));
  EXPECT_FALSE(parsed("app *").matches("app", 1, "FROM x")) << "a source is no step";
  EXPECT_TRUE(parsed("app *").matches("app", 2, "RUN x"));
}

TEST(StepReferences, HaveTheEndsOfTheirRangeInIt) {
  const auto range = parsed("app 3-5");
  EXPECT_EQ(range.first, 3);
  EXPECT_EQ(range.last, 5);
  EXPECT_FALSE(range.matches("app", 2, "RUN x"));
  EXPECT_TRUE(range.matches("app", 3, "RUN x"));
  EXPECT_TRUE(range.matches("app", 5, "RUN x"));
  EXPECT_FALSE(range.matches("app", 6, "RUN x"));
  EXPECT_TRUE(parsed("app 3-3").matches("app", 3, "RUN x"));
}

TEST(StepReferences, KeepTheirTextAndPlace) {
  const auto reference = StepReference::parse(" App 4 ", {"x.yaml", 3, 7}).value();
  EXPECT_EQ(reference.text, " App 4 ");
  EXPECT_EQ(reference.spot, (util::SourceSpot{"x.yaml", 3, 7}));
  EXPECT_EQ(reference.stage, "App");
}

TEST(StepReferences, MayNameAPlatform) {
  const auto reference = parsed("linux/arm64/v8  app 3");
  EXPECT_TRUE(reference.matches("app", 3, "RUN x"));
  EXPECT_TRUE(reference.of_platform("linux/arm64"));
  EXPECT_FALSE(reference.of_platform("linux/amd64"));
  EXPECT_FALSE(reference.of_platform("")) << "a build that is not for several";
  EXPECT_TRUE(parsed("app 3").of_platform("linux/amd64")) << "without one it names those of all";
  EXPECT_EQ(parsed("linux/arm app RUN a/b*").glob, "RUN a/b*");
}

TEST(StepReferences, MayNameTheBuildThatIsMeant) {
  const auto reference = StepReference::parse("app#2:lib 3-4", {}).value();
  EXPECT_EQ(reference.build, "app#2");
  EXPECT_EQ(reference.stage, "lib");
  EXPECT_EQ(reference.last, 4);
  EXPECT_EQ(StepReference::parse("lib RUN a:b", {}).value().build, "");
  const auto both = StepReference::parse("app:linux/arm64/v8 lib 3", {}).value();
  EXPECT_EQ(both.build, "app");
  EXPECT_EQ(both.platform, "linux/arm64");
  EXPECT_EQ(both.stage, "lib");
}

TEST(StepReferences, RefuseWhatIsNone) {
  for (const auto* text : {"",
                           "  ",
                           "a 0",
                           "a 3-2",
                           "a 3-",
                           "a 3x",
                           "a 99999",
                           "linux/arm64",
                           ":app 3",
                           "alpha: app",
                           "a:b:c",
                           "linux/a:b c"}) {
    EXPECT_FALSE(StepReference::parse(text, {})) << text;
  }
}

} // namespace
} // namespace cacheproof::scenario
