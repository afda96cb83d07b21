#include "buildkit/vertex.hpp"

#include <gtest/gtest.h>

namespace cacheproof::buildkit {
namespace {

using evidence::Outcome;

struct Told {
  std::int64_t started = 0;
  std::int64_t completed = 0;
  bool cached = false;
  std::string error = {};
};

Fate fate_of(const std::vector<Told>& intervals, bool succeeded = true, const std::vector<std::int64_t>& pulls = {}) {
  RawBuild build;
  build.vertices.push_back({"d", "[1/1] RUN x"});
  for (const auto& told : intervals)
    build.vertices.push_back({"d", "", {}, told.cached, told.started, told.completed, told.error});
  for (const auto started : pulls) build.statuses.push_back({"d", "extracting sha256:1", started, started + 1});
  return fate(collect(build).front(), succeeded);
}

TEST(Fate, OfAStepThatRan) {
  EXPECT_EQ(fate_of({{1, 2}}).outcome, Outcome::rebuilt);
  EXPECT_EQ(fate_of({{1, 0}, {1, 2}}).outcome, Outcome::rebuilt) << "told at its start and at its end";
}

TEST(Fate, OfACachedStepThatIsPulledIsCached) {
  const auto end = fate_of({{1, 1, true}, {2, 3}}, true, {2});
  EXPECT_EQ(end.outcome, Outcome::cached);
  EXPECT_TRUE(end.pulled);
}

TEST(Fate, OfAStepThatWasAnnouncedCachedAndThenRanIsRebuilt) {
  EXPECT_EQ(fate_of({{1, 1, true}, {2, 3}}).outcome, Outcome::rebuilt);
}

TEST(Fate, OfACachedStepWhoseLayersWereThereIsCached) {
  RawBuild build;
  build.vertices = {
      {"d", "RUN x", {"base"}, true, 1, 1}, {"d", "RUN x", {}, false, 2, 0}, {"d", "RUN x", {}, false, 2, 3}};
  EXPECT_EQ(fate(collect(build).front(), true).outcome, Outcome::cached);
  build.vertices = {{"d", "RUN x", {"base"}, true, 1, 1}, {"d", "RUN x", {"base"}, false, 2, 3}};
  EXPECT_EQ(fate(collect(build).front(), true).outcome, Outcome::rebuilt) << "an execution names its inputs";
}

TEST(Fate, OfAStepThatNobodyStarted) {
  EXPECT_EQ(fate_of({}).outcome, Outcome::unneeded);
  EXPECT_EQ(fate_of({}, false).outcome, Outcome::not_reached);
}

TEST(Fate, OfAnErrorIsFailedEvenBesideACachedFlag) {
  const auto end = fate_of({{1, 2, true, "content not found"}}, false);
  EXPECT_EQ(end.outcome, Outcome::failed);
  EXPECT_EQ(end.error, "content not found");
}

TEST(Fate, OfAnErrorThatALaterIntervalHealedIsRebuilt) {
  EXPECT_EQ(fate_of({{1, 3, true, "content not found"}, {3, 4}}).outcome, Outcome::rebuilt);
  EXPECT_EQ(fate_of({{1, 3, true, "content not found"}, {3, 4}}, true, {2}).outcome, Outcome::rebuilt)
      << "a pull that failed before is none";
}

TEST(Fate, OfAnErrorIsNotHealedByAnIntervalInsideIt) {
  EXPECT_EQ(fate_of({{1, 5, true, "content not found"}, {2, 3}}, false).outcome, Outcome::failed);
}

TEST(Fate, OfACancelledStepIsThatNobodyAskedWhereTheBuildSucceeded) {
  const auto fate = fate_of({{1, 2, false, "context canceled: context canceled"}});
  EXPECT_EQ(fate.outcome, Outcome::unneeded);
  EXPECT_EQ(fate.error, "");
}

TEST(Fate, OfACancelledStepIsNotReached) {
  EXPECT_EQ(fate_of({{1, 2, true, "context canceled"}}, false).outcome, Outcome::not_reached);
  EXPECT_EQ(fate_of({{1, 2, false, "exit code: 137: context canceled: context canceled"}}, false).outcome,
            Outcome::not_reached);
}

TEST(Running, IsWhatBeganAndDidNotEnd) {
  RawBuild build;
  build.vertices.push_back({"a", "[1/3] FROM x", {}, false, 1, 2});
  build.vertices.push_back({"b", "[2/3] RUN sleep", {}, false, 3, 0});
  build.vertices.push_back({"c", "[3/3] RUN never"});
  EXPECT_EQ(running(build), std::vector<std::string>{"[2/3] RUN sleep"});
  build.vertices.push_back({"a", "[1/3] FROM x", {}, false, 4, 0});
  EXPECT_EQ(running(build), (std::vector<std::string>{"[1/3] FROM x", "[2/3] RUN sleep"})) << "it began once more";
}

TEST(Labels, AreReadInEveryForm) {
  const auto check = [](std::string_view name,
                        std::string_view stage,
                        int number,
                        int total,
                        std::string_view text,
                        std::string_view platform = {}) {
    const auto label = read_label(name);
    ASSERT_TRUE(label) << name;
    EXPECT_EQ(label->stage, stage) << name;
    EXPECT_EQ(label->number, number) << name;
    EXPECT_EQ(label->total, total) << name;
    EXPECT_EQ(label->text, text) << name;
    EXPECT_EQ(label->platform, platform) << name;
  };
  check("[2/5] RUN x", "", 2, 5, "RUN x");
  check("[build-public  4/12] RUN x", "build-public", 4, 12, "RUN x");
  check("[ 2/12] RUN x", "", 2, 12, "RUN x");
  check("[linux/arm64 stage-1 2/4] COPY a b", "stage-1", 2, 4, "COPY a b", "linux/arm64");
  check("[linux/amd64->arm64 app 2/4] COPY a b", "app", 2, 4, "COPY a b", "linux/arm64");
  check("[linux/amd64->arm/v7 2/4] COPY a b", "", 2, 4, "COPY a b", "linux/arm/v7");
  check("[linux/amd64->windows/amd64 2/4] COPY a b", "", 2, 4, "COPY a b", "windows/amd64");
  check("[linux/amd64  2/14] COPY a b", "", 2, 14, "COPY a b", "linux/amd64");
  check("[h 8/8] LINK COPY --link a b", "h", 8, 8, "COPY --link a b");
  check("[extra 3/2] ONBUILD RUN x", "extra", 3, 2, "RUN x");
  check("[app 2/5] RUN echo [other 1/2] x", "app", 2, 5, "RUN echo [other 1/2] x");
  const auto text = "RUN " + std::string(1'000'000, 'x');
  check("[2/5] " + text, "", 2, 5, text);
  EXPECT_TRUE(read_label("[extra 3/2] ONBUILD RUN x")->onbuild);
  EXPECT_FALSE(read_label("[internal] load build context"));
  EXPECT_FALSE(read_label("[app 1/99999999999] RUN x"));
  EXPECT_FALSE(read_label("[app -1/2] RUN x"));
  EXPECT_FALSE(read_label("importing cache manifest from x"));
  EXPECT_FALSE(read_label("copy /job /spool/job"));
}

} // namespace
} // namespace cacheproof::buildkit
