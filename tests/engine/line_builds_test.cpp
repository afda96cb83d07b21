#include "engine/line_builds.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::engine {
namespace {

using testing::ElementsAre;

evidence::BuildRecord record(const std::string& ref, bool succeeded = true) {
  evidence::BuildRecord made;
  made.ref = ref;
  made.succeeded = succeeded;
  if (!succeeded) made.error = "exit code: 7";
  made.steps.emplace_back();
  made.warnings.push_back({"of " + ref, {}, 0});
  made.imports.push_back({"cache of " + ref, {}});
  made.graph.push_back({"sha256:" + ref, {}, {}, {}});
  return made;
}

TEST(LineBuilds, OneIsAsItIs) {
  EXPECT_EQ(together({{"app", record("a")}}), record("a"));
}

TEST(LineBuilds, SeveralAreTheWholeOfEachByTheirNames) {
  const auto all = together({{"app", record("a")}, {"docs", record("b")}, {"app", record("c")}});
  EXPECT_EQ(all.ref, "a");
  EXPECT_TRUE(all.succeeded);
  ASSERT_EQ(all.steps.size(), 3U);
  EXPECT_EQ(all.steps[0].build, "app");
  EXPECT_EQ(all.steps[1].build, "docs");
  EXPECT_EQ(all.steps[2].build, "app#2");
  EXPECT_EQ(all.warnings.size(), 3U);
  EXPECT_EQ(all.imports.back().ref, "cache of c");
  EXPECT_EQ(all.graph.size(), 3U);
}

TEST(LineBuilds, OneThatFailedFailsThemAll) {
  const auto all = together({{"app", record("a", false)}, {"docs", record("b")}, {"app", record("c", false)}});
  EXPECT_FALSE(all.succeeded);
  EXPECT_EQ(all.error, "app: exit code: 7\napp#2: exit code: 7");
}

TEST(LineBuilds, ReadTheFrontendsThatTheyAskFor) {
  const auto file = dockerfile::parse("# syntax=line/f\nFROM base\n", "Dockerfile").value();
  const auto read = [&](std::map<std::string, std::string> attributes) {
    buildkit::RawBuild raw;
    raw.frontend_attributes = std::move(attributes);
    auto images = frontends_read(raw, file);
    auto all = images;
    all.insert("base");
    EXPECT_EQ(images_read(raw, file, ""), all);
    return images;
  };
  EXPECT_THAT(read({}), testing::ElementsAre("line/f"));
  EXPECT_THAT(read({{"source", "a/f"}}), testing::ElementsAre("a/f", "line/f"));
  EXPECT_THAT(read({{"source", "a/f"}, {"cmdline", "a/f --flag"}}), testing::ElementsAre("a/f"));
  EXPECT_THAT(read({{"build-arg:BUILDKIT_SYNTAX", "b/f:1 --flag"}}), testing::ElementsAre("b/f:1"));
}

} // namespace
} // namespace cacheproof::engine
