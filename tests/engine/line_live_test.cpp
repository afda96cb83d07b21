// Command lines of the user's, on real daemons.
#include "live_story.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace cacheproof::engine {
namespace {

using evidence::Verdict;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

constexpr const char* k_files = "files:\n"
                                "  Dockerfile: |\n"
                                "    FROM alpine AS app\n"
                                "    RUN echo step > /step\n"
                                "  script: |\n"
                                "    buildx build .\n";
constexpr const char* k_build = "buildctl build --frontend dockerfile.v0 --local context=. --local dockerfile=.";

class LineLive : public LiveStory {
protected:
  evidence::CaseEvidence line(const std::string& rounds) { return play(k_files + ("rounds:\n" + rounds)); }
  /// A line that builds a Dockerfile of that name, which asks for a frontend.
  evidence::CaseEvidence line_of_frontend(const std::string& name) {
    return play_whole(
        fmt::format("title: A story\n"
                    "setup: {{images: {{alpine: busybox}}}}\n"
                    "files: {{{0}: \"# syntax=127.0.0.1:1/frontend\\nFROM alpine AS app\\nRUN true\\n\"}}\n"
                    "rounds: [{{run: {1} --opt filename={0}, expect: {{rebuilt: [app 2]}}}}]\n",
                    name,
                    k_build));
  }
  static std::string why(const evidence::RoundEvidence& round) {
    return round.broken ? util::to_text(*round.broken) : "sound";
  }
};

TEST_F(LineLive, AStepThatNoneOfItsBuildsHasIsAMistakeWithTheStepsThereAre) {
  const auto played = line(fmt::format("  - {{run: \"{0} && {0} --no-cache\", expect: {{rebuilt: [\"app:app 2\", "
                                       "\"app#2:app 2\", \"app#3:app 2\"]}}}}\n",
                                       k_build));
  EXPECT_EQ(played.verdict, Verdict::broken);
  ASSERT_EQ(played.rounds.size(), 1U);
  ASSERT_TRUE(played.rounds[0].broken);
  EXPECT_EQ(played.rounds[0].broken->blame, util::Blame::input);
  EXPECT_THAT(why(played.rounds[0]),
              AllOf(HasSubstr("story.yaml:10: what this command line built has no step app#3:app 2"),
                    HasSubstr("app:app 2/2 RUN echo step > /step\n    app#2:app 2/2 RUN")));
}

TEST_F(LineLive, TheSecondBuildOfATargetIsCalledByItsNumber) {
  const auto played =
      line(fmt::format("  - run: \"{0} && {0} && {0} --no-cache\"\n"
                       "    expect: {{rebuilt: [\"app:app 2\", \"app#3:app 2\"], cached: [\"app#2:app\"]}}\n",
                       k_build));
  EXPECT_EQ(played.verdict, Verdict::passed) << why(played.rounds.at(0));
  EXPECT_TRUE(std::filesystem::exists(out() / "round-1/events-3.jsonl"));
}

TEST_F(LineLive, ABuildxThatAScriptMissesBreaksTheRoundAndSaysHowToInstallIt) {
  rig_.buildx.clear();
  const auto played = line("  - {run: sh script}\n");
  EXPECT_EQ(played.verdict, Verdict::broken);
  EXPECT_THAT(
      why(played.rounds.at(0)),
      AllOf(HasSubstr("needs buildx, which is not installed"), HasSubstr("cacheproof toolchain install buildx")));
}

TEST_F(LineLive, OfDockerThereAreItsBuildsOnly) {
  const auto played = line(fmt::format(
      "  - {{run: \"docker ps; {}\", expect: {{log: {{has: [\"there is no Docker here\"]}}}}}}\n", k_build));
  EXPECT_EQ(played.verdict, Verdict::passed) << why(played.rounds.at(0));
}

TEST_F(LineLive, AnImageThatNobodyForesawIsAMistakeThatSaysWhatToWrite) {
  // It is there, and yet nobody would have known: an argument of the line chooses it.
  const auto played = play_whole(fmt::format("title: A story\n"
                                             "setup: {{images: {{alpine: busybox}}}}\n"
                                             "files: {{Dockerfile: \"ARG BASE=alpine\\nFROM $BASE\\nRUN true\\n\"}}\n"
                                             "rounds:\n"
                                             "  - {{run: \"{} --opt build-arg:BASE=127.0.0.1:1/other\"}}\n",
                                             k_build));
  EXPECT_EQ(played.verdict, Verdict::broken);
  EXPECT_THAT(why(played.rounds.at(0)),
              AllOf(HasSubstr("127.0.0.1:1/other, which was read past the mirror"),
                    HasSubstr("setup: {images: {\"127.0.0.1:1/other\": upstream}}`, or `busybox` to serve")));
}

TEST_F(LineLive, ASyntaxLineIsBlankedAsForABuild) {
  const auto played = line_of_frontend("Dockerfile");
  EXPECT_EQ(played.verdict, Verdict::passed) << why(played.rounds.at(0));
  EXPECT_THAT(played.rounds.at(0).notes,
              Contains("line 1 of Dockerfile (# syntax=) is blanked: the daemon's builtin frontend answers"));
}

TEST_F(LineLive, AFrontendThatNobodyForesawIsAMistakeThatSaysWhatToWrite) {
  const auto played = line_of_frontend("other.Dockerfile");
  EXPECT_EQ(played.verdict, Verdict::broken);
  EXPECT_THAT(why(played.rounds.at(0)),
              AllOf(HasSubstr("127.0.0.1:1/frontend, which was read past the mirror"),
                    HasSubstr("setup: {images: {\"127.0.0.1:1/frontend\": upstream}}`, or `frontend` to serve")));
}

TEST_F(LineLive, ASyntaxLineIsBlankedWhereOnlyTheLineMakesTheDockerfileReadable) {
  const auto played =
      play(fmt::format("files: {{Dockerfile: \"# syntax=127.0.0.1:1/frontend\\nARG BASE\\nFROM $BASE AS app\\n"
                       "RUN true\\n\"}}\n"
                       "rounds: [{{run: {} --opt build-arg:BASE=alpine, expect: {{rebuilt: [app 2]}}}}]\n",
                       k_build));
  ASSERT_EQ(played.rounds.size(), 1U);
  EXPECT_EQ(played.rounds[0].verdict, Verdict::passed) << why(played.rounds[0]);
}

/// Neither is one: whether it was read from a place that nobody foresaw is all that is asked.
TEST_F(LineLive, AFrontendThatIsNamedStandsInForTheSyntaxLineAsItDoesForTheDaemon) {
  const auto line = [&](const std::string& more) {
    return play(fmt::format(
        "files: {{other.Dockerfile: \"# syntax=127.0.0.1:1/frontend\\nFROM alpine AS app\\nRUN true\\n\"}}\n"
        "rounds: [{{run: {} --opt filename=other.Dockerfile {}}}]\n",
        k_build,
        more));
  };
  const auto named = line("--opt build-arg:BUILDKIT_SYNTAX=alpine");
  EXPECT_EQ(why(named.rounds.at(0)), "sound");
  EXPECT_THAT(named.rounds.at(0).record.error, HasSubstr("failed with build-arg:BUILDKIT_SYNTAX = alpine"));
  const auto by_client = line("--opt source=alpine --opt cmdline=alpine"); // as buildx says it
  EXPECT_EQ(why(by_client.rounds.at(0)), "sound");
  EXPECT_THAT(why(line("--opt source=alpine").rounds.at(0)), HasSubstr("127.0.0.1:1/frontend, which was read past"));
}

TEST_F(LineLive, OfLinesAtOnceABuildThatNobodyCanTellWhoseItIsIsAMistake) {
  const auto played =
      line(fmt::format("  - parallel:\n"
                       "      - {{name: own, run: \"{0}\"}}\n"
                       "      - {{name: other, after: {{build: own, event: finished}}, run: \"{1}/{0}\"}}\n",
                       k_build,
                       rig_.programs.buildctl.parent_path().string()));
  ASSERT_EQ(played.rounds.size(), 2U);
  EXPECT_EQ(played.rounds[0].verdict, Verdict::passed) << why(played.rounds[0]);
  EXPECT_EQ(played.rounds[1].verdict, Verdict::broken);
  EXPECT_THAT(why(played.rounds[1]), HasSubstr("a build began that nobody can tell whose it is"));
}

TEST_F(LineLive, ALineAtOnceIsHeardWhileItRuns) {
  const auto played =
      play(fmt::format("files:\n"
                       "  Dockerfile: |\n"
                       "    FROM alpine AS long\n"
                       "    RUN sleep 1000\n"
                       "    FROM alpine AS short\n"
                       "    RUN true\n"
                       "rounds:\n"
                       "  - parallel:\n"
                       "      - {{name: ctl, cancel: when_others_finish, run: \"{} --opt target=long\"}}\n"
                       "      - {{name: x, cancel: when_others_finish, run: docker build --target long .}}\n"
                       "      - {{name: a, build: {{target: short}}, after: {{build: ctl, event: started}}}}\n"
                       "      - {{name: b, build: {{target: short}}, after: {{build: x, event: started}}}}\n",
                       k_build));
  for (const auto& round : played.rounds) EXPECT_EQ(round.verdict, Verdict::passed) << round.entry << why(round);
}

} // namespace
} // namespace cacheproof::engine
