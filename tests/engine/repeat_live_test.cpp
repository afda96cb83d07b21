// Stories that are played several times, and command lines, on real daemons.
#include "live_story.hpp"

#include <gmock/gmock.h>

namespace cacheproof::engine {
namespace {

using evidence::Verdict;
using testing::HasSubstr;

class RepeatLive : public LiveStory {};
class RunLive : public LiveStory {};

TEST_F(RepeatLive, EveryPlayHasAFreshWorldAndIsKept) {
  const auto played = play("files: {Dockerfile: \"FROM alpine AS app\\nRUN true\\n\"}\n"
                           "repeat: {times: 3, fail_rate: \"<= 0.5\"}\n"
                           "rounds: [{expect: {rebuilt: all}}, {expect: {rebuilt: all}}]\n");
  EXPECT_EQ(played.verdict, Verdict::passed);
  ASSERT_EQ(played.rounds.size(), 6u);
  EXPECT_EQ(played.rounds[5].play, 3);
  ASSERT_TRUE(played.repeat);
  EXPECT_EQ(evidence::to_text(played.repeat->failed), "0 of 3 plays, 0.00 (95 %: 0.00 to 0.56)");
  const auto loaded = evidence::load(out());
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(loaded->repeat, played.repeat);
  EXPECT_TRUE(std::filesystem::exists(out() / "play-3/round-2/events.jsonl"));
}

TEST_F(RepeatLive, APlayThatBreaksIsTheLast) {
  const auto played = play("files: {Dockerfile: \"FROM alpine AS app\\nRUN sleep 1000\\n\"}\n"
                           "timeout: 1\n"
                           "repeat: {times: 2, fail_rate: \"<= 0.5\"}\n"
                           "rounds: [{expect: {rebuilt: all}}]\n");
  EXPECT_EQ(played.verdict, Verdict::broken);
  EXPECT_EQ(played.rounds.size(), 1u);
}

TEST_F(RepeatLive, AnIssueThatNeedNotHappenInEveryPlayIsNotStaleInOne) {
  const auto played = play("files: {Dockerfile: \"FROM alpine AS app\\nRUN true\\n\"}\n"
                           "repeat: {times: 2}\n"
                           "rounds:\n"
                           "  - expect: {rebuilt: all}\n"
                           "    known_issue: {url: URL, rate: \"<= 0.5\", expect: {rebuilt: none}}\n");
  EXPECT_EQ(played.verdict, Verdict::passed);
  ASSERT_EQ(played.rounds.size(), 2u);
  EXPECT_EQ(played.rounds[0].verdict, Verdict::passed);
  EXPECT_TRUE(played.rounds[0].findings.empty());
  ASSERT_TRUE(played.repeat);
  EXPECT_THAT(played.repeat->rule, HasSubstr("in a share of <= 0.5 plays it fails exactly as URL says"));
}

constexpr const char* k_script = "files:\n"
                                 "  Dockerfile: \"FROM alpine AS app\\nRUN true\\n\"\n"
                                 "  build.sh: >\n"
                                 "    buildctl build --progress=plain --frontend dockerfile.v0 --local context=.\n"
                                 "    --local dockerfile=. \"$@\"\n";

TEST_F(RunLive, TheBuildOfACommandLineIsFoundAndJudged) {
  for (const auto& version : toolchain::in_group(toolchain::Kind::buildkit, toolchain::k_smoke)) {
    SCOPED_TRACE(version);
    take(version);
    const auto played = play(std::string(k_script)
                             + "rounds:\n"
                               "  - run: sh build.sh --opt target=app\n"
                               "    expect: {rebuilt: [app RUN*]}\n"
                               "  - run: sh build.sh --opt target=app; true\n"
                               "    expect: {rebuilt: none}\n");
    EXPECT_EQ(played.verdict, Verdict::failed);
    ASSERT_EQ(played.rounds.size(), 2u) << (played.broken ? util::to_text(*played.broken) : "");
    EXPECT_EQ(played.rounds[0].verdict, Verdict::passed);
    ASSERT_EQ(played.rounds[1].findings.size(), 1u);
    EXPECT_THAT(played.rounds[1].findings[0].unexpected, testing::ElementsAre("app 2/2 RUN true"));
  }
}

TEST_F(RunLive, ABuildOfAnEarlierRoundIsNotThatOfALaterOne) {
  const auto played =
      play_whole("title: A story\nsetup: {builder: kept, images: {alpine: busybox}}\n" + std::string(k_script)
                 + "rounds:\n"
                   "  - run: sh build.sh\n"
                   "    expect: {rebuilt: all}\n"
                   "  - run: sh build.sh\n"
                   "    expect: {rebuilt: none}\n");
  ASSERT_EQ(played.rounds.size(), 2u);
  EXPECT_EQ(played.verdict, Verdict::passed);
}

TEST_F(RunLive, WhatBuildsNothingIsTheUsersMistake) {
  const auto why = [&](const std::string& line) {
    const auto played = play(std::string(k_script) + "rounds: [{run: \"" + line + "\", expect: {rebuilt: all}}]\n");
    EXPECT_EQ(played.verdict, Verdict::broken);
    if (played.rounds.size() != 1 || !played.rounds[0].broken) return std::string("sound");
    EXPECT_EQ(played.rounds[0].broken->blame, util::Blame::input);
    return played.rounds[0].broken->what;
  };
  EXPECT_THAT(why("echo nothing; exit 3"),
              HasSubstr("story.yaml:8: this command line started no build (exit code 3):\nnothing\n"));
}

TEST_F(RunLive, TheEnvironmentIsTheSandboxs) {
  const auto played = play(std::string(k_script)
                           + "rounds:\n"
                             "  - run: 'env; sh build.sh'\n"
                             "    expect: {log: {has: [\"^BUILDKIT_HOST=unix://\", \"^REGISTRY=127.0.0.1:\",\n"
                             "      \"^DOCKER_HOST=unix:///.*/no-docker.sock\", \"^BUILDX_BUILDER=round-1\", "
                             "\"^BUILDX_CONFIG=/.*/buildx\"]}}\n");
  EXPECT_EQ(played.verdict, Verdict::passed);
}

} // namespace
} // namespace cacheproof::engine
