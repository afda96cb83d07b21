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

TEST(StepReferences, RefuseWhatIsNone) {
  for (const auto* text : {"", "  ", "a 0", "a 3-2", "a 3-", "a 3x", "a 99999", "linux/arm64 app 3", "alpha:app 3"}) {
    EXPECT_FALSE(StepReference::parse(text, {})) << text;
  }
}

} // namespace
} // namespace cacheproof::scenario
