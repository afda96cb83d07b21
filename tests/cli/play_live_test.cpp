// The program as a user runs it, on a real daemon of the default version: verdicts, exit codes, what is printed.
#include "cli/program_fixture.hpp"
#include "engine/plan.hpp"
#include "toolchain/toolchain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof {
namespace {

using testing::HasSubstr;
using testing::Not;

class ProgramLive : public ProgramTest {
protected:
  void SetUp() override { skip_without_root(); }
};

TEST_F(ProgramLive, PlaysTheSmallestExample) {
  const auto played = run({"run", write("plain.yaml", k_plain)});
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
  EXPECT_THAT(played.out, HasSubstr("1 passed"));
}

TEST_F(ProgramLive, BuildsWithABuildxAndOnAnEngineOfAFolder) {
  const auto plays = [&](toolchain::Kind kind, const std::string& program, const std::string& says) {
    const auto real = toolchain::find(kind, toolchain::default_version(kind));
    if (!real) return false;
    const auto own = write("own/" + program,
                           fmt::format("#!/bin/sh\ncase $1 in version|--version) echo '{}'; exit;; esac\n"
                                       "echo {} >>{}/called\nexec {} \"$@\"\n",
                                       says,
                                       program,
                                       folder_.path().string(),
                                       real->program(program).string()));
    std::filesystem::permissions(folder_.path() / own, std::filesystem::perms::owner_all);
    std::error_code ignored; // an engine may have a containerd beside it
    std::filesystem::create_symlink(real->program("containerd"), folder_.path() / "own" / "containerd", ignored);
    return true;
  };
  if (!plays(toolchain::Kind::buildx, "buildx", "github.com/docker/buildx v0.99.1 0123")
      || !plays(toolchain::Kind::docker, "dockerd", "Docker version 99.2.0, build 0123"))
    GTEST_SKIP() << "there is no Docker engine in the store";
  const auto played =
      run({"run", write("plain.yaml", k_plain), "--driver=docker", "--buildx=path:own", "--docker=path:own", "-v"});
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
  EXPECT_THAT(played.out, HasSubstr("plain@docker@v99.2.0+buildx@v0.99.1"));
  EXPECT_THAT(played.out, HasSubstr("own, whose dockerd says v99.2.0"));
  EXPECT_THAT(played.out, HasSubstr("own, whose buildx says v0.99.1"));
  EXPECT_THAT(read("called"), HasSubstr("dockerd\nbuildx\n"));
}

TEST_F(ProgramLive, ShardsOneAfterTheOtherPlayEveryCaseOnce) {
  for (int i = 0; i < 5; ++i) write(fmt::format("scenarios/plain_{}.yaml", i), k_plain);
  std::string all;
  for (const char* shard : {"1/2", "2/2"}) {
    const auto played = run({"run", "--shard", shard}); // into one folder, whose durations grow meanwhile
    EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
    all += played.out;
  }
  for (int i = 0; i < 5; ++i) {
    const auto id = fmt::format("\nplain_{}@v0.34.2\n", i);
    const auto at = all.find(id);
    ASSERT_NE(at, std::string::npos) << id << all;
    EXPECT_EQ(all.find(id, at + 1), std::string::npos) << id << all;
  }
}

TEST_F(ProgramLive, ShowsAWrongExpectationWithItsLineAndBothDifferences) {
  const auto file = write("wrong.yaml", with_second_round("rebuilt: [app COPY packages*]"));
  const auto played = run({"run", file});
  EXPECT_EQ(played.exit.code, 1) << played.out << played.err;
  EXPECT_THAT(played.out, HasSubstr(fmt::format("{}:{}", file, line_of(file, "rebuilt: [app COPY packages*]"))));
  EXPECT_THAT(played.out, HasSubstr("rebuilt: [app COPY packages*]"));
  EXPECT_THAT(played.out, HasSubstr("+           rebuilt     app 4/4 COPY src src"));
  EXPECT_THAT(played.out, HasSubstr("- rebuilt   cached      app 2/4 COPY packages.txt ."));
}

TEST_F(ProgramLive, ShowPrintsTheSameVerdictFromTheEvidence) {
  const auto file = write("wrong.yaml", with_second_round("rebuilt: none"));
  const auto played = run({"run", file});
  ASSERT_EQ(played.exit.code, 1) << played.out << played.err;
  const auto shown = run({"show", "cacheproof-out"});
  EXPECT_EQ(shown.exit.code, 1);
  EXPECT_THAT(played.out, HasSubstr(shown.out));
  EXPECT_THAT(shown.out, HasSubstr("+           rebuilt     app 4/4 COPY src src"));
}

// No expectation can pass unjudged: one deliberately wrong claim per key, each must turn red at its own line.
class WrongClaimLive : public ProgramLive, public testing::WithParamInterface<const char*> {};

TEST_P(WrongClaimLive, TurnsRed) {
  const auto file = write("wrong_claim.yaml", with_second_round(GetParam()));
  const auto played = run({"run", file});
  EXPECT_EQ(played.exit.code, 1) << played.out << played.err;
  EXPECT_THAT(played.out, HasSubstr(fmt::format("{}:{}", file, line_of(file, GetParam())))) << played.out;
}

INSTANTIATE_TEST_SUITE_P(Key,
                         WrongClaimLive,
                         testing::Values("rebuilt: all",
                                         "rebuilt: none",
                                         "rebuilt: [app 3]",
                                         "cached: [app 4]",
                                         "unneeded: [app 4]",
                                         "exported: {layers: 99}",
                                         "exported: {layers: \"< 2\"}",
                                         "status: {fails: anything}",
                                         "warnings: [anything]"),
                         [](const auto& key) { return engine::plain_id(key.param); });

TEST_F(ProgramLive, ABuildThatFailsAgainstTheClaimIsAFailureNotABrokenRig) {
  auto text = k_plain;
  replace(text, "RUN mkdir /packages", "RUN false && mkdir /packages");
  const auto played = run({"run", write("fails.yaml", text)});
  EXPECT_EQ(played.exit.code, 1) << played.out << played.err;
  EXPECT_THAT(played.out, HasSubstr("exit code: 1"));
}

TEST_F(ProgramLive, ABuildThatFailsAsClaimedPasses) {
  const auto file = write("fails.yaml", R"(title: A failing step fails the build
files:
  Dockerfile: |
    FROM alpine AS app
    RUN false
setup: {images: {alpine: busybox}}
rounds:
  - expect: {status: {fails: "exit code: 1"}}
)");
  const auto played = run({"run", file});
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
}

TEST_F(ProgramLive, AnImageThatCannotBePulledIsABrokenRig) {
  auto text = k_plain;
  replace(text, "images: {alpine: busybox}", "images: {other: busybox}");
  replace(text, "FROM alpine", "FROM 127.0.0.1:9/nobody/home");
  const auto played = run({"run", write("pull.yaml", text)});
  EXPECT_EQ(played.exit.code, 2) << played.out << played.err;
  EXPECT_THAT(played.out, HasSubstr("could not be pulled"));
  EXPECT_THAT(played.out, HasSubstr("setup: {images:"));
}

// `WORKDIR /` counts in the total, but has no vertex and takes no number of its own.
TEST_F(ProgramLive, AWorkdirThatIsTheRootIsNoStep) {
  const std::string text = R"(title: WORKDIR / is no step
files:
  Dockerfile: |
    FROM alpine AS app
    WORKDIR /
    COPY a .
    RUN cat a && true
  a: one
setup: {images: {alpine: busybox}}
rounds:
  - expect: {rebuilt: [app 2 , app RUN cat*]}
)";
  const auto passed = run({"run", write("root.yaml", text)});
  EXPECT_EQ(passed.exit.code, 0) << passed.out << passed.err;
  auto failing = text;
  replace(failing, "&& true", "&& false");
  replace(failing, "rebuilt: [app 2 , app RUN cat*]", "status: {fails: 'exit code: 1'}, rebuilt: [app COPY*, app 3]");
  const auto failed = run({"run", write("root_fails.yaml", failing)});
  EXPECT_EQ(failed.exit.code, 0) << failed.out << failed.err;
}

TEST_F(ProgramLive, ARuncThatDoesNotWorkIsABrokenRig) {
  write("bin/runc", "#!/bin/sh\nexit 1\n");
  std::filesystem::permissions(folder_.path() / "bin/runc", std::filesystem::perms::owner_all);
  auto wrapped = command({"run", write("plain.yaml", k_plain)});
  auto& path = (*wrapped.environment)["PATH"];
  path = (folder_.path() / "bin").string() + ":" + path;
  const auto finished = process::run(wrapped, {.timeout = std::chrono::minutes(5)}).value();
  EXPECT_EQ(finished.exit.code, 2) << finished.out << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("runc does not work"));
}

TEST_F(ProgramLive, ACacheRefWhereNobodyAnswersIsABrokenRig) {
  auto text = k_plain;
  replace(text, "cache_from: [\"type=registry,ref=${registry}/", "cache_from: [\"type=registry,ref=127.0.0.1:1/");
  const auto finished = run({"run", write("dead.yaml", text)});
  EXPECT_EQ(finished.exit.code, 2) << finished.out << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("the cache import of 127.0.0.1:1/app:cache failed on its way"));
}

TEST_F(ProgramLive, TheContextMayBeTheEnclosingRepository) {
  make_directories("repo/.git");
  make_directories("repo/tests/cache");
  write("repo/Dockerfile", "FROM alpine AS app\nCOPY src src\n");
  write("repo/src/x", "1");
  const auto file = write("repo/tests/cache/own.yaml", R"(title: Editing the source rebuilds its copy
context: ../..
setup: {images: {alpine: busybox}}
rounds:
  - expect: {rebuilt: [app 2]}
  - edit: [{write: {path: src/x, text: "2"}}]
    expect: {rebuilt: all}
)");
  const auto played = run({"run", file});
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
  EXPECT_EQ(read("repo/src/x"), "1") << "edits act on the sandbox's copy";
}

TEST_F(ProgramLive, EveryEditOfTheLanguageChangesTheBuildAsItSays) {
  const auto file = write("edits.yaml", R"(title: Each kind of edit is seen by the build
files:
  Dockerfile: |
    FROM alpine AS app
    COPY src src
  src/a: one
setup: {images: {alpine: busybox}}
build:
  cache_to: ["type=registry,ref=${registry}/app:cache,mode=max"]
  cache_from: ["type=registry,ref=${registry}/app:cache"]
rounds:
  - {name: first, expect: {rebuilt: all}}
  - {name: write, edit: [{write: {path: src/b, text: two}}], expect: {rebuilt: [app 2]}}
  - {name: append, edit: [{append: {path: src/a, text: more}}], expect: {rebuilt: [app 2]}}
  - {name: replace, edit: [{replace: {path: src/a, old: more, new: less}}], expect: {rebuilt: [app 2]}}
  - {name: delete, edit: [{delete: src/b}], expect: {rebuilt: [app 2]}}
  - {name: touch, edit: [{touch: {path: src/a}}], expect: {rebuilt: none}}
)");
  const auto played = run({"run", file});
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
}

} // namespace
} // namespace cacheproof
