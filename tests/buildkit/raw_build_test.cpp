#include "buildkit/raw_build.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::buildkit {
namespace {

RawBuild sample() {
  RawBuild build;
  build.ref = "abc";
  build.succeeded = false;
  build.error = "it failed";
  build.frontend_attributes = {{"target", "app"}};
  build.vertices = {{"sha256:1", "[1/2] FROM a", {"sha256:0"}, true, 5, 6, "oh", "group"}};
  build.statuses = {{"sha256:1", "extracting sha256:9", 7, 8}};
  build.logs = {{"sha256:1", 1, "hello\n"}};
  build.warnings = {{"sha256:1", "short", {"long", "longer"}, "https://example.org", {3, 4}}};
  build.provenances = {{"", R"({"buildConfig":{"llbDefinition":[]}})"}, {"linux/arm64", "{}"}};
  return build;
}

TEST(RawBuild, ComesBackFromItsLinesAsItWas) {
  const auto read = from_json_lines(to_json_lines(sample()));
  ASSERT_TRUE(read) << util::to_text(read.error());
  EXPECT_EQ(*read, sample());
}

TEST(RawBuild, IsWrittenWithoutWhatIsNotThere) {
  RawBuild build;
  build.ref = "abc";
  build.succeeded = true;
  build.vertices = {{"sha256:1", "[1/2] FROM a"}};
  EXPECT_EQ(to_json_lines(build),
            "{\"build\":{\"ref\":\"abc\",\"succeeded\":true}}\n"
            "{\"vertex\":{\"digest\":\"sha256:1\",\"name\":\"[1/2] FROM a\"}}\n");
}

TEST(RawBuild, KeepsAProvenanceThatIsNoJson) {
  RawBuild build;
  build.provenances = {{"", "not json"}};
  EXPECT_EQ(from_json_lines(to_json_lines(build))->provenances, build.provenances);
}

TEST(RawBuild, WritesAProvenanceOnOneLine) {
  RawBuild build;
  build.provenances = {{"", "{\n  \"a b\": [1,\r\n\t2],\n  \"c\": \"d \\\" e\\\\\"\n}"}};
  EXPECT_THAT(to_json_lines(build), testing::EndsWith("\n{\"provenance\":{\"a b\":[1,2],\"c\":\"d \\\" e\\\\\"}}\n"));
  build.provenances = {{"linux/arm64", "{}"}};
  EXPECT_THAT(to_json_lines(build), testing::EndsWith("\n{\"provenance linux/arm64\":{}}\n"));
}

TEST(RawBuild, SurvivesBytesThatAreNoUtf8) {
  RawBuild build;
  build.logs = {{"sha256:1", 1, "\xff\xfe"}};
  EXPECT_TRUE(from_json_lines(to_json_lines(build)));
}

TEST(RawBuild, NamesTheLineThatCannotBeRead) {
  const auto read = from_json_lines("# a comment\n{\"build\":{}}\n{\"vertexes\":{}}\n");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().what, "line 3 of a recorded build cannot be read: unknown kind of line 'vertexes'");
  EXPECT_FALSE(from_json_lines("nonsense"));
}

TEST(RawBuild, HasWholeNumbersOnly) {
  const auto what = [](const std::string& text) {
    const auto read = from_json_lines(text);
    return read ? "" : read.error().what;
  };
  EXPECT_EQ(what(R"({"vertex":{"started":1e30}})"),
            "line 1 of a recorded build cannot be read: 'started' is no whole number");
  EXPECT_EQ(what(R"({"warning":{"lines":[1,1e30]}})"),
            "line 1 of a recorded build cannot be read: 'lines' is no whole number");
  EXPECT_EQ(what(R"({"vertex":{"started":18446744073709551615}})"), "");
}

} // namespace
} // namespace cacheproof::buildkit
