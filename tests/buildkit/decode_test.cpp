#include "buildkit/decode.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace cacheproof::buildkit {
namespace {

using evidence::Outcome;

dockerfile::File parsed(std::string_view text) {
  return dockerfile::read(text, "Dockerfile").file.value();
}

/// Ops of one line each, in order; every one has the one before it as input.
std::string provenance(const std::vector<std::tuple<std::string, std::string, std::vector<int>>>& ops) {
  nlohmann::json mapping, definition, locations;
  for (size_t i = 0; i < ops.size(); ++i) {
    const auto& [digest, kind, lines] = ops[i];
    const auto id = fmt::format("step{}", i);
    mapping[digest] = id;
    nlohmann::json entry = {{"id", id}, {"op", {{"Op", {{kind, nlohmann::json::object()}}}}}};
    if (i > 0) entry["inputs"] = {fmt::format("step{}:0", i - 1)};
    definition.push_back(entry);
    for (const int line : lines) locations[id]["locations"].push_back({{"ranges", {{{"start", {{"line", line}}}}}}});
  }
  return nlohmann::json{
      {"buildConfig", {{"digestMapping", mapping}, {"llbDefinition", definition}}},
      {"metadata", {{"https://mobyproject.org/buildkit@v1#metadata", {{"source", {{"locations", locations}}}}}}}}
      .dump();
}

RawBuild build_of(const std::vector<RawVertex>& vertices, bool succeeded = true) {
  RawBuild build;
  build.succeeded = succeeded;
  build.vertices = vertices;
  return build;
}

std::string outcomes(const util::Result<evidence::BuildRecord>& record) {
  if (!record) return "error: " + record.error().what;
  std::string text;
  for (const auto& step : record->steps)
    text += fmt::format("{}: {}\n", evidence::label(step), evidence::to_text(step.outcome));
  return text;
}

const auto k_file = "FROM alpine\nRUN x\n";

TEST(Decoding, NeedsTheProvenanceOfABuildThatSucceeded) {
  EXPECT_EQ(outcomes(decode(build_of({}), parsed(k_file), "", "v1")),
            "error: the build succeeded and has no provenance, so its steps cannot be told apart");
}

TEST(Decoding, TellsThePlatformsOfAStepByTheProvenancesThatHaveIt) {
  auto build = build_of({{"b", "[linux/amd64 2/3] COPY x /", {}, true, 1, 1},
                         {"c", "[linux/amd64 3/3] RUN x", {"b"}, false, 1, 2},
                         {"d", "[linux/amd64 3/3] RUN x", {"b"}, true, 1, 1}});
  build.provenances = {{"linux/amd64", provenance({{"a", "source", {1}}, {"b", "file", {2}}, {"c", "exec", {3}}})},
                       {"linux/arm64", provenance({{"e", "source", {1}}, {"b", "file", {2}}, {"d", "exec", {3}}})}};
  EXPECT_EQ(outcomes(decode(build, parsed("FROM alpine\nCOPY x /\nRUN x\n"), "", "v1")),
            "linux/amd64 stage-0 1/3 FROM alpine: unneeded\n"
            "linux/amd64 stage-0 2/3 = linux/arm64 stage-0 2/3 COPY x /: cached\n"
            "linux/amd64 stage-0 3/3 RUN x: rebuilt\n"
            "linux/arm64 stage-0 1/3 FROM alpine: unneeded\n"
            "linux/arm64 stage-0 3/3 RUN x: cached\n");
}

TEST(Decoding, TellsTheLinesOfAStepForEachPlatform) {
  auto build = build_of({{"amd", "[linux/amd64 tool 1/1] FROM alpine", {}, false, 1, 2},
                         {"arm", "[linux/arm64 app 1/2] FROM alpine", {}, false, 1, 2}});
  build.provenances = {
      {"linux/amd64", provenance({{"amd", "source", {1, 2}}, {"copy", "file", {3}}})},
      {"linux/arm64", provenance({{"amd", "source", {1}}, {"arm", "source", {2}}, {"copy", "file", {3}}})}};
  const auto file = parsed("FROM --platform=$BUILDPLATFORM alpine AS tool\nFROM alpine AS app\nCOPY --from=tool / /\n");
  const auto record = decode(build, file, "", "v1");
  EXPECT_EQ(record ? evidence::label(record->steps.at(0)) : record.error().what,
            "linux/amd64 tool 1/1 = linux/amd64 app 1/2 = linux/arm64 tool 1/1 FROM --platform=$BUILDPLATFORM alpine "
            "AS tool");
}

TEST(Decoding, GivesAFailedStepOfNoPlatformOfTheBuildToAll) {
  auto build = build_of({{"a", "[linux/amd64 tool 1/2] FROM alpine", {}, false, 1, 2},
                         {"b", "[linux/amd64 tool 2/2] RUN tool", {"a"}, false, 2, 3, "exit 3"}},
                        false);
  build.frontend_attributes = {{"platform", "linux/arm64,linux/arm"}};
  const auto file = parsed("FROM --platform=$BUILDPLATFORM alpine AS tool\nRUN tool\n"
                           "FROM scratch\nCOPY --from=tool /x /\n");
  EXPECT_EQ(outcomes(decode(build, file, "", "v1")),
            "linux/arm/v7 tool 1/2 = linux/arm64 tool 1/2 FROM --platform=$BUILDPLATFORM alpine AS tool: rebuilt\n"
            "linux/arm/v7 tool 2/2 = linux/arm64 tool 2/2 RUN tool: failed\n"
            "linux/arm/v7 stage-1 1/1 COPY --from=tool /x /: not reached\n"
            "linux/arm64 stage-1 1/1 COPY --from=tool /x /: not reached\n");
}

TEST(Decoding, RefusesAProvenanceOfAnUnknownShape) {
  auto build = build_of({});
  build.provenances = {{"", "{}"}};
  EXPECT_FALSE(decode(build, parsed(k_file), "", "v1"));
  build.provenances = {{"", "nonsense"}};
  EXPECT_FALSE(decode(build, parsed(k_file), "", "v1"));
}

TEST(Decoding, RefusesAStepThatNoLineExplains) {
  auto build = build_of({{"b", "mystery", {}, false, 1, 2}});
  build.provenances = {{"", provenance({{"a", "source", {1}}, {"b", "exec", {}}})}};
  EXPECT_EQ(outcomes(decode(build, parsed(k_file), "", "v1")),
            "error: no line of the Dockerfile is known for 'mystery'");
  build.provenances = {{"", provenance({{"a", "source", {1}}, {"b", "exec", {9}}})}};
  EXPECT_EQ(outcomes(decode(build, parsed(k_file), "", "v1")),
            "error: 'mystery' comes from line 9, where no instruction stands");
}

TEST(Decoding, RefusesNumbersThatAreNotTheFiles) {
  auto build = build_of({{"b", "[3/3] RUN x", {}, false, 1, 2}});
  build.provenances = {{"", provenance({{"a", "source", {1}}, {"b", "exec", {2}}})}};
  EXPECT_EQ(outcomes(decode(build, parsed(k_file), "", "v1")),
            "error: BuildKit calls '[3/3] RUN x' what the Dockerfile has as stage-0 2/2");
}

TEST(Decoding, ReadsTheCapitalisedOpNames) {
  auto build = build_of({{"b", "[2/2] RUN x", {}, false, 1, 2}});
  build.provenances = {{"", provenance({{"a", "Source", {1}}, {"b", "Exec", {2}}})}};
  EXPECT_EQ(outcomes(decode(build, parsed(k_file), "", "v1")),
            "stage-0 1/2 FROM alpine: unneeded\nstage-0 2/2 RUN x: rebuilt\n");
}

TEST(Decoding, KeepsAStageThatIsNotNeededApartWhateverTheLinesSay) {
  auto build = build_of({{"b", "[used 2/2] WORKDIR /app", {}, true, 1, 1}});
  build.provenances = {{"", provenance({{"a", "source", {1, 3}}, {"b", "file", {2, 4}}})}};
  const auto file = parsed("FROM alpine AS unused\nWORKDIR /app\nFROM alpine AS used\nWORKDIR /app\n");
  EXPECT_EQ(outcomes(decode(build, file, "", "v1")),
            "unused 1/2 FROM alpine AS unused: unneeded\nunused 2/2 WORKDIR /app: unneeded\n"
            "used 1/2 FROM alpine AS used: unneeded\nused 2/2 WORKDIR /app: cached\n");
}

TEST(Decoding, UsesTheBuildsOwnArguments) {
  auto build = build_of({{"b", "[last 1/1] RUN x", {}, false, 1, 2}});
  build.frontend_attributes = {{"build-arg:BASE", "tools"}};
  build.provenances = {{"", provenance({{"a", "source", {2}}, {"b", "exec", {4}}})}};
  const auto file = parsed("ARG BASE=busybox\nFROM alpine AS tools\nFROM $BASE AS last\nRUN x\n");
  EXPECT_EQ(outcomes(decode(build, file, "", "v1")),
            "tools 1/1 FROM alpine AS tools: unneeded\nlast 1/1 RUN x: rebuilt\n")
      << "the base is a stage, so that the RUN is the first step";
}

const auto k_two = "FROM alpine AS left\nWORKDIR /app\nCOPY a .\nFROM alpine AS right\nWORKDIR /app\nRUN exit 3\n"
                   "FROM left\nCOPY --from=right /x /x\n";

TEST(Decoding, FindsSharedStepsOfAFailedBuildByTheirInputs) {
  const auto build = build_of({{"from", "[left 1/3] FROM docker.io/library/alpine", {}, false, 1, 2},
                               {"work", "[left 2/3] WORKDIR /app", {"from"}, true, 2, 2},
                               {"copy", "[left 3/3] COPY a .", {"work", "context"}},
                               {"run", "[right 3/3] RUN exit 3", {"work"}, false, 3, 4, "exit code: 3"}},
                              false);
  EXPECT_EQ(outcomes(decode(build, parsed(k_two), "", "v1")),
            "left 1/3 = right 1/3 FROM alpine AS left: rebuilt\n"
            "left 2/3 = right 2/3 WORKDIR /app: cached\n"
            "left 3/3 COPY a .: not reached\nright 3/3 RUN exit 3: failed\n"
            "stage-2 1/1 COPY --from=right /x /x: not reached\n");
}

TEST(Decoding, OfABuildThatFailedBeforeItsFirstStep) {
  EXPECT_EQ(outcomes(decode(build_of({}, false), parsed(k_file), "", "v1")),
            "stage-0 1/2 FROM alpine: not reached\nstage-0 2/2 RUN x: not reached\n");
}

TEST(Decoding, OfATargetThatIsNotThere) {
  EXPECT_EQ(outcomes(decode(build_of({}, false), parsed(k_file), "nowhere", "v1")),
            "stage-0 1/2 FROM alpine: unneeded\nstage-0 2/2 RUN x: unneeded\n");
  EXPECT_EQ(outcomes(decode(build_of({}), parsed(k_file), "nowhere", "v1")),
            "error: Dockerfile has no stage 'nowhere'");
}

TEST(Decoding, KeepsWarningsAndImports) {
  auto build = build_of({{"i", "importing cache manifest from r/cache:x", {}, false, 1, 2, "not found"}}, false);
  build.warnings = {{"w", "JSONArgsRecommended", {}, "https://docs.docker.com/x", {2}}};
  const auto record = decode(build, parsed(k_file), "", "v1");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->imports, (std::vector<evidence::CacheImport>{{"r/cache:x", "not found"}}));
  EXPECT_EQ(record->warnings,
            (std::vector<evidence::BuildWarning>{{"JSONArgsRecommended", "https://docs.docker.com/x", 2}}));
  EXPECT_EQ(record->builder, "v1");
}

} // namespace
} // namespace cacheproof::buildkit
