// What buildx printed with --progress=rawjson at an engine that keeps no history (tests/buildkit/progress, recorded).
#include "buildkit/decode.hpp"
#include "buildkit/progress.hpp"
#include "util/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace cacheproof::buildkit {
namespace {

using testing::ElementsAre;

std::string recorded(const std::string& name) {
  const auto text = util::read_text(std::filesystem::path(CACHEPROOF_SOURCE_DIR) / "tests/buildkit/progress" / name);
  EXPECT_TRUE(text) << util::to_text(text.error());
  return text.value_or("");
}

std::vector<std::string> outcomes(const RawBuild& build, const std::string& dockerfile) {
  const auto reading = dockerfile::read(dockerfile, "Dockerfile");
  const auto record = decode(build, *reading.file, {}, "v0.8.2");
  EXPECT_TRUE(record) << util::to_text(record.error());
  std::vector<std::string> all;
  if (!record) return all;
  EXPECT_TRUE(record->by_client);
  EXPECT_THAT(record->graph, testing::IsEmpty());
  for (const auto& step : record->steps)
    if (step.kind == evidence::StepKind::step)
      all.push_back(std::string(evidence::to_text(step.outcome)) + " " + evidence::label(step.places.front()));
  return all;
}

constexpr const char* k_two_stages =
    "FROM alpine AS base\nCOPY a /a\nRUN cat /a > /b\nFROM base AS app\nCOPY b /c\nRUN cat /c > /d\n";

/// v0.12.1 writes objects of many lines, v0.36.1 of one.
class Progress : public testing::TestWithParam<const char*> {};

TEST_P(Progress, TellsWhatBecameOfEachStep) {
  const auto build = from_progress(recorded(GetParam()), "ref", true);
  EXPECT_TRUE(build.by_client && build.succeeded);
  EXPECT_EQ(build.ref, "ref");
  EXPECT_THAT(outcomes(build, k_two_stages),
              ElementsAre("cached base 2", "cached base 3", "rebuilt app 1", "rebuilt app 2"));
  const auto read = from_json_lines(to_json_lines(build));
  ASSERT_TRUE(read) << util::to_text(read.error());
  EXPECT_EQ(*read, build) << "as evidence it is the same";
}

INSTANTIATE_TEST_SUITE_P(OfBothLayouts,
                         Progress,
                         testing::Values("docker-v20.10.24-buildx-v0.12.1.log", "docker-v20.10.24-buildx-v0.36.1.log"));

TEST(Progress, OfAFailedBuildHasTheErrorAndWhatWasPrinted) {
  const auto build = from_progress(recorded("docker-v20.10.24-failed.log"), "ref", false);
  EXPECT_THAT(build.error, testing::HasSubstr("exit code: 3"));
  EXPECT_THAT(outcomes(build, "FROM alpine AS base\nCOPY a /a\nRUN cat /a && exit 3\nFROM base AS app\nRUN true\n"),
              ElementsAre("rebuilt base 2", "failed base 3", "not reached app 1"));
  EXPECT_EQ(from_progress("{\"vertexes\":[]}\nERROR: one\nERROR: two\n", {}, false).error, "ERROR: two")
      << "no vertex failed";
  ASSERT_FALSE(build.logs.empty());
  EXPECT_EQ(build.logs.front().text, "1\n");
}

TEST(Progress, IsFoundAmongOtherLines) {
  const auto build =
      from_progress("WARNING: {no JSON}\n{\"vertexes\": [{\"digest\": \"sha256:1\",\n \"name\": \"a } \\\" b\"}]}\n"
                    "{ not closed\n{\"vertexes\":[{\"digest\":\"sha256:2\",\"started\":null}]}\n{\"statuses\": 3}\n{",
                    {},
                    true);
  ASSERT_EQ(build.vertices.size(), 2U);
  EXPECT_EQ(build.vertices[0].name, "a } \" b");
  EXPECT_EQ(build.vertices[1].started, 0);
}

} // namespace
} // namespace cacheproof::buildkit
