// What is said of a whole scenario before it is played, word by word.
#include "engine/load.hpp"
#include "scenario/read.hpp"

#include <gtest/gtest.h>

#include <string>

namespace cacheproof::engine {
namespace {

constexpr const char* k_start = R"(title: t
files:
  Dockerfile: |
    FROM alpine AS base
    COPY packages.txt .
    RUN cat packages.txt
    FROM base AS app
    COPY src src
    RUN --mount=type=cache,target=/c cat src/a
  packages.txt: p
  src/a: a
  docs/b: b
  .dockerignore: docs
build:
  target: app
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=max"]
  cache_from: ["type=registry,ref=${registry}/app:cache"]
rounds:
  - expect: {rebuilt: all}
)";

std::string said(const std::string& rounds, std::string start = k_start) {
  const auto reading = scenario::read_text(start + rounds, "s.yaml");
  std::string all;
  for (const auto& each : reading.diagnostics) all += util::to_text(each);
  if (reading.scenario)
    for (const auto& each : check(*reading.scenario)) all += util::to_text(each);
  return all;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

TEST(Warnings, NameAStepThatNoEditReaches) {
  EXPECT_EQ(said("  - edit: [{append: {path: src/a, text: x}}]\n    expect: {rebuilt: [base 3, app]}\n"),
            "s.yaml:21:24: warning[CP0115]: 'base 3' names 'base 3 RUN cat packages.txt', which no edit of this round "
            "reaches: with its cache imported it is not built again; only a bug rebuilds it (moby/buildkit#1515)\n"
            "   21 |     expect: {rebuilt: [base 3, app]}\n"
            "      |                        ^~~~~~\n");
  EXPECT_EQ(said("  - edit: [{append: {path: packages.txt, text: x}}]\n    expect: {rebuilt: [base 2-3, app]}\n"), "");
  EXPECT_EQ(said("  - edit: [{append: {path: Dockerfile, text: \"RUN x\\n\"}}]\n    expect: {rebuilt: [base]}\n"), "");
  EXPECT_EQ(said("  - build: {no_cache: true}\n    expect: {rebuilt: [base]}\n"), "");
  EXPECT_EQ(said("  - build: {args: {A: b}}\n    expect: {rebuilt: [base]}\n"), "");
  EXPECT_EQ(said("  - build: {cache_from: []}\n    expect: {rebuilt: [base]}\n"), "");
  EXPECT_EQ(said("  - expect: {rebuilt: [{when: {buildkit: \">=0\"}, steps: [base]}]}\n"), "")
      << "a bug may be the point";
  EXPECT_EQ(said("  - expect: {rebuilt: [base]}\n", replaced(k_start, ",mode=max", "")), "") << "not all is exported";
}

TEST(Warnings, AreNotSaidWhereTheyAreAllowed) {
  EXPECT_EQ(said("  - edit: [{append: {path: docs/b, text: x}}]\n    expect: {rebuilt: [base]}\n"
                 "allow: [unchanged_step, ignored_edit]\n"),
            "");
}

TEST(Warnings, NameAnEditOfWhatIsIgnored) {
  EXPECT_EQ(said("  - edit: [{append: {path: docs/b, text: x}}, {append: {path: src/a, text: x}}]\n"
                 "    expect: {rebuilt: [app]}\n"),
            "s.yaml:20:12: warning[CP0116]: 'docs/b' is ignored by .dockerignore: to the build this edit is none: see "
            "moby/moby#8330 for what users expect of it\n"
            "   20 |   - edit: [{append: {path: docs/b, text: x}}, {append: {path: src/a, text: x}}]\n"
            "      |            ^\n");
  EXPECT_EQ(
      said("  - edit: [{write: {path: Dockerfile.dockerignore, text: other}}, {append: {path: docs/b, text: x}}]\n"
           "    expect: {rebuilt: none}\n"),
      "")
      << "a Dockerfile's own list comes first";
}

TEST(Warnings, NameAnImportThatNobodyExports) {
  EXPECT_EQ(said("",
                 replaced(k_start,
                          "cache_from: [\"type=registry,ref=${registry}/app:cache",
                          "cache_from: [\"type=registry,ref=${registry}/app:cahce")),
            "s.yaml:17:17: warning[CP0106]: no build of this scenario exports a cache to '${registry}/app:cahce', "
            "and to import what is not there is no error (moby/buildkit#948): did you mean "
            "'${registry}/app:cache'?\n"
            "   17 |   cache_from: [\"type=registry,ref=${registry}/app:cahce\"]\n"
            "      |                 ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n");
  EXPECT_EQ(
      said("",
           replaced(
               k_start, "cache_from: [\"type=registry,ref=${registry}/app:cache", "cache_from: [\"${registry}/web")),
      "s.yaml:17:17: warning[CP0106]: no build of this scenario exports a cache to '${registry}/web', and to import "
      "what is not there is no error (moby/buildkit#948): exported are: ${registry}/app:cache\n"
      "   17 |   cache_from: [\"${registry}/web\"]\n"
      "      |                 ^~~~~~~~~~~~~~~\n");
  EXPECT_EQ(said("", replaced(k_start, "cache_to: [", "cache_to: [type=inline, ")), "");
}

TEST(Warnings, NameACacheThatAnotherOneOverwrote) {
  EXPECT_EQ(
      said("  - build: {target: base}\n    expect: {rebuilt: none}\n"
           "  - expect: {rebuilt: none}\n"),
      "s.yaml:17:17: warning[CP0107]: the cache of 'app' was overwritten by that of 'base': give every target a ref "
      "of its own (moby/buildkit#3925)\n"
      "   17 |   cache_from: [\"type=registry,ref=${registry}/app:cache\"]\n"
      "      |                 ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~\n");
  EXPECT_EQ(
      said("  - build: {target: \"\", cache_from: [\"${registry}/app:cache\"]}\n    expect: {rebuilt: none}\n"
           "  - build: {target: base}\n    expect: {rebuilt: none}\n"
           "  - build: {target: \"\", cache_from: [\"${registry}/app:cache\"]}\n    expect: {rebuilt: none}\n"),
      "s.yaml:24:39: warning[CP0107]: the cache of 'the last stage' was overwritten by that of 'base': give every "
      "target a ref of its own (moby/buildkit#3925)\n"
      "   24 |   - build: {target: \"\", cache_from: [\"${registry}/app:cache\"]}\n"
      "      |                                       ^~~~~~~~~~~~~~~~~~~~~\n");
  EXPECT_EQ(said("", replaced(k_start, "mode=max\"]", "mode=max\", \"${registry}/app:cache\"]")),
            "s.yaml:16:67: warning[CP0107]: this build exports two caches to '${registry}/app:cache': the later one "
            "overwrites the earlier (moby/buildkit#3925)\n"
            "   16 |   cache_to: [\"type=registry,ref=${registry}/app:cache,mode=max\", \"${registry}/app:cache\"]\n"
            "      |                                                                   ^~~~~~~~~~~~~~~~~~~~~\n");
}

} // namespace
} // namespace cacheproof::engine
