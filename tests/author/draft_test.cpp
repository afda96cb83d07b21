#include "author/draft.hpp"
#include "scenario/read.hpp"

#include <gtest/gtest.h>

namespace cacheproof::author {
namespace {

constexpr auto k_dockerfile = R"(FROM node AS packages
COPY package*.json ./
RUN npm ci --omit=dev
FROM packages AS app
COPY tsconfig.json .
COPY ["src", "src/"]
RUN npm run build
FROM app AS docs
COPY docs docs
)";

std::optional<FirstEdit> edit_of(const std::string& dockerfile, const std::vector<std::string>& files) {
  const auto reading = dockerfile::read(dockerfile, "Dockerfile");
  return first_edit(*reading.file, *reading.file->find_target(""), files);
}

TEST(FirstEdit, IsTheOneThatSparesMost) {
  const auto reading = dockerfile::read(k_dockerfile, "Dockerfile");
  const auto edit =
      first_edit(*reading.file,
                 *reading.file->find_target("app"),
                 {"docs/a.md", "package.json", "src/a.css", "src/deep/b.js", "src/main.js", "tsconfig.json"});
  ASSERT_TRUE(edit);
  EXPECT_EQ(edit->path, "src/main.js");
  EXPECT_EQ(edit->text, "// edited\n");
  EXPECT_EQ(edit->step, "packages RUN npm ci*");
}

TEST(FirstEdit, AStepWhoseWordsOthersHaveTooIsNamedByItsNumber) {
  const auto edit = edit_of("FROM a AS app\nRUN make it one\nRUN make it two\nCOPY . .\n", {"a.py"});
  ASSERT_TRUE(edit);
  EXPECT_EQ(edit->text, "# edited\n");
  EXPECT_EQ(edit->step, "app 2");
}

TEST(FirstEdit, WhereTheFirstStepCopiesEverythingNothingIsSpared) {
  const auto edit = edit_of("FROM a AS app\nCOPY . .\nRUN npm ci\n", {"data.json"});
  ASSERT_TRUE(edit);
  EXPECT_EQ(edit->text, "\n");
  EXPECT_EQ(edit->step, "");
}

TEST(FirstEdit, AnEditReachesTheStagesThatCopyFromItsOwn) {
  const auto edit = edit_of(R"(FROM a AS one
COPY src src
RUN build
FROM a AS two
RUN install
COPY --from=one /out /out
RUN --mount=from=one true
)",
                            {"src/a.go"});
  ASSERT_TRUE(edit);
  EXPECT_EQ(edit->step, "two RUN install");
}

TEST(FirstEdit, ADocumentInTheDockerfileIsCopiedBesideFiles) {
  const auto edit = edit_of("FROM a AS app\nRUN one\nCOPY <<x a.py /y/\nz\nx\nRUN npm ci\n", {"a.py"});
  ASSERT_TRUE(edit);
  EXPECT_EQ(edit->step, "app RUN one");
}

TEST(FirstEdit, NothingIsEditedWhereNothingIsCopied) {
  EXPECT_FALSE(edit_of("FROM a\nCOPY --from=b /x /x\nCOPY <<x /y\nz\nx\nRUN true\n", {"x", "z"}));
  EXPECT_FALSE(edit_of("FROM a\nCOPY src/*.go .\n", {"src/deep/a.go", "a.go"}));
}

TEST(Steps, AreToldByStagesOfTheTarget) {
  const auto reading = dockerfile::read(R"(FROM node AS packages
WORKDIR /
COPY package.json .
RUN npm ci
WORKDIR /
FROM packages AS empty
ENV A=b
FROM empty AS app
RUN true
FROM app AS docs
COPY docs docs
FROM scratch
COPY --from=app /a /a
COPY b /b
)",
                                        "Dockerfile");
  const auto steps = [&](const char* target) { return steps_of(*reading.file, *reading.file->find_target(target)); };
  EXPECT_EQ(steps(""), (std::vector<std::string>{"packages 2-3", "app 1", "stage-4 1-2", "docs is not needed"}));
  EXPECT_EQ(
      steps("empty"),
      (std::vector<std::string>{"packages 2-3", "app is not needed", "docs is not needed", "stage-4 is not needed"}));
}

/// Two rounds that each start from nothing but the registry.
const std::string k_rounds = R"(rounds:               # each on a new, empty daemon; the registry stays
  - name: first build
    expect: {rebuilt: all}
  - name: src/main.js edited
    edit:
      - append: {path: src/main.js, text: "// edited\n"}
    expect: {cached: ['app RUN npm ci*']}
)";

/// A draft whose scenario can be read where it is.
Draft draft(Template kind) {
  Draft draft;
  draft.kind = kind;
  draft.context = ".";
  draft.images = {"busybox", "example.org/node:20"};
  draft.edit = FirstEdit{"src/main.js", "// edited\n", "app RUN npm ci*"};
  draft.versions = {"0.17.3", "0.34.2"};
  return draft;
}

void expect_readable(const std::string& text) {
  const auto reading = scenario::read_text(text, "draft.yaml");
  for (const auto& one : reading.diagnostics)
    if (one.name != "not_played_yet") ADD_FAILURE() << util::to_text(one) << text;
}

TEST(Draft, EveryTemplateIsAScenario) {
  for (const auto name : template_names()) {
    auto one = draft(template_named(name).value());
    expect_readable(to_yaml(one));
    one.edit->step.clear();
    expect_readable(to_yaml(one));
    one.edit.reset();
    expect_readable(to_yaml(one));
  }
  EXPECT_EQ(template_named("edit"), std::nullopt);
  EXPECT_EQ(file_name(Template::min_vs_max), "min_vs_max");
}

TEST(Draft, AnEditThatLeavesAStepCached) {
  EXPECT_EQ(
      to_yaml(draft(Template::edit_one_file)),
      R"(# Played by `cacheproof run FILE`. `cacheproof run --accept FILE` writes exactly what was seen into `expect`.
title: 'Editing src/main.js does not run "app RUN npm ci*" again'
context: .            # a folder of this repository; edits act on a copy of it
setup:
  images:             # upstream: pulled through a mirror; busybox: a small base that is served here
    busybox: busybox
    'example.org/node:20': upstream
build:                # defaults of every round
  cache_to:   ["type=registry,ref=${registry}/app:cache,mode=max"]
  cache_from: ["type=registry,ref=${registry}/app:cache"]

)" + k_rounds);
}

TEST(Draft, TheStepsAreNamedAboveTheRounds) {
  auto one = draft(Template::edit_one_file);
  one.steps = {"packages 2-3", "app 1-12"};
  EXPECT_NE(to_yaml(one).find("\n\n# steps: packages 2-3, app 1-12\nrounds:"), std::string::npos);
  one.steps.assign(12, "a-stage-of-a-name 1-9");
  const auto text = to_yaml(one);
  const std::string four =
      "a-stage-of-a-name 1-9, a-stage-of-a-name 1-9, a-stage-of-a-name 1-9, a-stage-of-a-name 1-9,";
  EXPECT_NE(text.find("\n# steps: " + four + "\n#        " + four + "\n#        "), std::string::npos) << text;
  expect_readable(text);
}

TEST(Draft, FromOneMachineToAnother) {
  auto one = draft(Template::ci_to_laptop);
  one.images = {"busybox:1.36"};
  const auto text = to_yaml(one);
  EXPECT_EQ(text.substr(text.find("setup:")), R"(setup:
  builder:            # by the names that rounds use; each keeps its own cache
    ci: {}
    laptop: {}
  images:             # upstream: pulled through a mirror; busybox: a small base that is served here
    'busybox:1.36': busybox
build:                # defaults of every round
  cache_to:   ["type=registry,ref=${registry}/app:cache,mode=max"]
  cache_from: ["type=registry,ref=${registry}/app:cache"]

rounds:
  - name: continuous integration
    builder: ci
    expect: {rebuilt: all}
  - name: a laptop
    builder: laptop
    build: {cache_to: []}   # imports only
    expect: {rebuilt: none}
  - name: src/main.js edited
    edit:
      - append: {path: src/main.js, text: "// edited\n"}
    builder: laptop
    build: {cache_to: []}   # imports only
    expect: {cached: ['app RUN npm ci*']}
)");
}

TEST(Draft, ALineOfOnesOwnIsFolded) {
  auto one = draft(Template::edit_one_file);
  one.line = {"docker",
              "buildx",
              "build",
              "--target",
              "app",
              "--build-arg",
              "'A=b c'",
              "--cache-to",
              "type=registry,ref=ghcr.io/acme/app:cache,mode=max",
              "--cache-from",
              "type=registry,ref=ghcr.io/acme/app:cache",
              "."};
  one.has_caches = true;
  const auto text = to_yaml(one);
  EXPECT_EQ(text.substr(text.find("build:")), R"(build: >-
  docker buildx build --target app --build-arg 'A=b c'
  --cache-to type=registry,ref=ghcr.io/acme/app:cache,mode=max
  --cache-from type=registry,ref=ghcr.io/acme/app:cache .

)" + k_rounds);
  EXPECT_EQ(text.find("builder: kept"), std::string::npos);
  one.has_caches = false; // then it is the daemon's own cache that is tested
  EXPECT_NE(to_yaml(one).find("\n  builder: kept "), std::string::npos);
}

} // namespace
} // namespace cacheproof::author
