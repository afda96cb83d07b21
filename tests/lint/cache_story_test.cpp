#include "lint/cache_story.hpp"
#include "scenario/read.hpp"
#include "util/diagnostic_format.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cacheproof::lint {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string entry(const std::string& ref) {
  return "[\"type=registry,ref=${registry}/" + ref + "\"]";
}

/// What is said of the caches in these rounds; `@x:y` stands for a list of one entry of that ref.
std::vector<util::Diagnostic> of_rounds(std::string rounds) {
  for (auto at = rounds.find('@'); at != std::string::npos; at = rounds.find('@')) {
    const auto end = rounds.find_first_of(" ,}\n", at);
    rounds.replace(at, end - at, entry(rounds.substr(at + 1, end - at - 1)));
  }
  const auto reading = scenario::read_text("title: t\nfiles: {Dockerfile: FROM scratch}\nrounds:\n" + rounds, "s.yaml");
  EXPECT_TRUE(reading.scenario) << rounds << util::to_text(reading.diagnostics);
  return reading.scenario ? check_caches(*reading.scenario, {}) : std::vector<util::Diagnostic>();
}

std::vector<std::string> said(const std::string& rounds) {
  std::vector<std::string> all;
  for (const auto& one : of_rounds(rounds)) all.push_back(std::to_string(one.spot.line) + ": " + one.message);
  return all;
}

TEST(CacheStory, MissesTheExportOfAnImport) {
  const std::string other =
      "4: no build of this scenario exports a cache to '${registry}/app:b', and to import what is "
      "not there is no error (moby/buildkit#948)";
  EXPECT_THAT(said("- build: {cache_to: @app:a, cache_from: @app:b}\n"), ElementsAre(other));
  EXPECT_THAT(said("- build: {cache_to: @app:a, cache_from: @app:a}\n"), IsEmpty());
  EXPECT_THAT(said("- build: {cache_from: @app:b}\n"), IsEmpty()) << "nothing is exported: an empty cache is meant";
}

TEST(CacheStory, LeavesAloneWhatSomethingElseMayHaveWritten) {
  const std::string odd = "- build: {cache_to: @app:a, cache_from: @app:b}\n";
  EXPECT_THAT(said(odd + "- action: [{copy_cache: {from: app:a, to: app:b}}]\n"), IsEmpty());
  EXPECT_THAT(said(odd + "- build: {output: [\"type=registry,name=x\"]}\n"), IsEmpty());
  EXPECT_THAT(said(odd + "- build: {cache_to: [type=inline]}\n"), IsEmpty());
  EXPECT_THAT(said(odd + "- build: {client_args: [--trace, t]}\n"), IsEmpty());
}

TEST(CacheStory, SeesACacheThatAnotherTargetOverwrote) {
  const std::string first = "- build: {target: x, cache_to: @app:a}\n- build: {target: y, cache_to: @app:a}\n";
  EXPECT_THAT(said(first + "- build: {target: x, cache_from: @app:a}\n"),
              ElementsAre("6: the cache of 'x' was overwritten by that of 'y'"));
  EXPECT_THAT(said(first + "- build: {target: y, cache_from: @app:a}\n"), IsEmpty());
  EXPECT_THAT(said(first + "- build: {target: z, cache_from: @app:a}\n"), IsEmpty()) << "nobody exported one of z";
  EXPECT_THAT(
      said("- build: {cache_to: [\"type=registry,ref=${registry}/a:b\", \"type=registry,ref=${registry}/a:b\"]}\n"),
      ElementsAre("4: this build exports two caches to '${registry}/a:b'"));
}

TEST(CacheStory, DoesNotGuessInWhichOrderBuildsAtOnceExport) {
  EXPECT_THAT(said("- parallel:\n    - {name: a, build: {target: x, cache_to: @app:a}}\n"
                   "    - {name: b, build: {target: y, cache_to: @app:a}}\n"
                   "- build: {target: x, cache_from: @app:a}\n"),
              IsEmpty());
}

TEST(CacheStory, PointsAtTheEntryOfALongLine) {
  const auto line = "- build: {args: {A: " + std::string(300, 'x') + "}, cache_to: " + entry("app:a")
                    + ", cache_from: " + entry("app:b") + "}";
  const auto found = of_rounds(line + "\n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found.front().spot.column, static_cast<int>(line.rfind("type=registry")) + 1);
  EXPECT_EQ(found.front().width, static_cast<int>(std::string("type=registry,ref=${registry}/app:b").size()));
}

} // namespace
} // namespace cacheproof::lint
