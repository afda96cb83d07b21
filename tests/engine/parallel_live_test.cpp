// Several builds at once, on real daemons.
#include "live_story.hpp"

#include <gmock/gmock.h>

namespace cacheproof::engine {
namespace {

using evidence::Verdict;
using testing::HasSubstr;

constexpr const char* k_files = "files:\n"
                                "  Dockerfile: |\n"
                                "    FROM alpine AS long\n"
                                "    RUN sleep 1000\n"
                                "    FROM alpine AS short\n"
                                "    RUN echo step > /s\n";

class ParallelLive : public LiveStory {
protected:
  /// The one of that name; the story has one round.
  const evidence::RoundEvidence& build(const std::string& entry) {
    for (const auto& round : played_.rounds)
      if (round.entry == entry) return round;
    throw std::runtime_error(entry);
  }
  std::string why_broken(const std::string& entry) { return build(entry).broken ? build(entry).broken->what : "sound"; }
  evidence::CaseEvidence played_;
};

TEST_F(ParallelLive, EachBuildIsJudgedByItsOwnClaims) {
  for (const auto& version : toolchain::in_group(toolchain::Kind::buildkit, toolchain::k_smoke)) {
    SCOPED_TRACE(version);
    take(version);
    played_ =
        play(std::string(k_files)
             + "rounds:\n"
               "  - parallel:\n"
               "      - {name: holder, build: {target: long}, cancel: when_others_finish}\n"
               "      - {name: right, build: {target: short}, expect: {rebuilt: all},\n"
               "         after: {build: holder, event: started, step: long RUN*}}\n"
               "      - {name: wrong, build: {target: short}, expect: {rebuilt: [short 2], unneeded: [short 2]},\n"
               "         after: {build: right, event: finished, step: short 2}}\n");
    EXPECT_EQ(played_.verdict, Verdict::failed);
    ASSERT_EQ(played_.rounds.size(), 3u);
    EXPECT_EQ(build("holder").verdict, Verdict::passed) << why_broken("holder");
    EXPECT_EQ(build("right").verdict, Verdict::passed) << why_broken("right");
    EXPECT_EQ(build("wrong").verdict, Verdict::failed) << why_broken("wrong");
    EXPECT_TRUE(std::filesystem::exists(out() / "round-1/right/events.jsonl"));
    const auto loaded = evidence::load(out());
    ASSERT_TRUE(loaded) << loaded.error().what;
    EXPECT_EQ(loaded->rounds[2].entry, "wrong");
  }
}

/// Why a claim about such a result is refused.
TEST_F(ParallelLive, OfEqualBuildsWithoutACacheTheLastResultIsFound) {
  const std::string claim = "no_cache: true}, expect: {rebuilt: all, result: {files: {/r: {uid: 0}}}}";
  played_ = play("files: {Dockerfile: \"FROM alpine\\nRUN head -c 8 /dev/urandom | od -An -tx1 | tee /r\\n\"}\n"
                 "rounds:\n"
                 "  - parallel:\n"
                 "      - {name: a, build: {"
                 + claim
                 + "}\n"
                   "      - {name: b, build: {"
                 + claim + ", after: {build: a, event: finished}}\n");
  for (const auto& round : played_.rounds) ASSERT_EQ(round.verdict, Verdict::passed) << why_broken(round.entry);
  const auto text = [&](const char* file) { return util::read_text(out() / "round-1" / file).value(); };
  EXPECT_EQ(text("a/result.json"), text("b/result.json"));
}

TEST_F(ParallelLive, ABarrierThatIsNeverReachedIsBrokenAndSaysWhatWasSeen) {
  played_ = play(std::string(k_files)
                 + "rounds:\n"
                   "  - parallel:\n"
                   "      - {name: a, build: {target: short}}\n"
                   "      - {name: b, build: {target: short}, after: {build: a, event: started, step: long 2}}\n"
                   "      - {name: c, build: {target: short}, after: {build: b, event: finished}}\n");
  EXPECT_EQ(played_.verdict, Verdict::broken);
  EXPECT_EQ(why_broken("a"), "sound");
  EXPECT_EQ(
      why_broken("b"),
      "it never began: it waited for step 'long 2' of the build 'a' to start, which can happen no more. Of 'a' was "
      "seen: it ended (exit code 0); of its steps short 2/2 RUN echo step > /s finished");
  EXPECT_THAT(why_broken("c"), HasSubstr("Of 'b' was seen: the daemon never announced it; it ended (it never began: "));
}

TEST_F(ParallelLive, ABuildThatNeverBeganTookNoTime) {
  played_ = play(std::string(k_files)
                 + "rounds:\n"
                   "  - parallel:\n"
                   "      - {name: b, build: {target: short}, after: {build: a, event: started, step: long 2}}\n"
                   "      - {name: a, build: {target: short}}\n");
  EXPECT_EQ(build("b").duration, 0);
  EXPECT_NE(build("a").duration, 0);
}

TEST_F(ParallelLive, ABarrierThatIsLateIsBrokenWithinTheTimeout) {
  played_ =
      play(std::string(k_files)
           + "timeout: 3\n"
             "rounds:\n"
             "  - parallel:\n"
             "      - {name: holder, build: {target: long}, cancel: when_others_finish}\n"
             "      - {name: b, build: {target: short}, after: {build: holder, event: finished, step: long 2}}\n");
  EXPECT_EQ(played_.verdict, Verdict::broken);
  EXPECT_THAT(why_broken("b"), HasSubstr("of its steps long 2/2 RUN sleep 1000 started"));
}

TEST_F(ParallelLive, WhatShouldHoldAndEndsByItselfIsBroken) {
  played_ = play("files: {Dockerfile: \"FROM alpine AS app\\nRUN true\\n\"}\n"
                 "rounds:\n"
                 "  - parallel:\n"
                 "      - {name: holder, cancel: when_others_finish}\n"
                 "      - {name: b, after: {build: holder, event: finished, step: app 2}}\n"
                 "      - {name: c, after: {build: b, event: finished}}\n");
  EXPECT_EQ(played_.verdict, Verdict::broken);
  EXPECT_EQ(why_broken("holder"),
            "it should have run until the others had finished, and ended by itself (exit code 0): what it held was not "
            "held all the time");
  EXPECT_EQ(why_broken("b"), "sound");
}

TEST_F(ParallelLive, OfTwoThatHangNoneIsADeathOfTheDaemon) {
  played_ = play(std::string(k_files)
                 + "timeout: 2\n"
                   "rounds:\n"
                   "  - parallel:\n"
                   "      - {name: a, build: {target: long}}\n"
                   "      - {name: b, build: {target: long, args: {A: b}}}\n");
  EXPECT_EQ(played_.verdict, Verdict::broken);
  for (const auto* name : {"a", "b"}) EXPECT_THAT(why_broken(name), HasSubstr("the build did not end within 2 s"));
}

TEST_F(ParallelLive, OneThatHangsIsToldApartFromThoseBesideIt) {
  played_ = play(std::string(k_files)
                 + "timeout: 4\n"
                   "rounds:\n"
                   "  - parallel:\n"
                   "      - {name: hangs, build: {target: long}}\n"
                   "      - {name: fine, build: {target: short}}\n");
  EXPECT_EQ(played_.verdict, Verdict::broken);
  EXPECT_THAT(why_broken("hangs"), HasSubstr("the build did not end within 4 s; it hung in: "));
  EXPECT_THAT(why_broken("hangs"), HasSubstr("RUN sleep 1000"));
  EXPECT_EQ(why_broken("fine"), "the build 'hangs' beside it hung, and the daemon ended with it");
}

TEST_F(ParallelLive, OneThatHangsAtTheLimitOfTheRoundIsToldApartToo) {
  played_ = play(std::string(k_files)
                     + "timeout: 1000\n"
                       "rounds:\n"
                       "  - parallel:\n"
                       "      - {name: hangs, build: {target: long}}\n"
                       "      - {name: fine, build: {target: short}}\n",
                 std::chrono::seconds(-1996)); // the round may take four
  EXPECT_EQ(played_.verdict, Verdict::broken);
  EXPECT_THAT(why_broken("hangs"), HasSubstr("the round did not end within 4 s: interrupted while it built; it hung"));
  EXPECT_EQ(why_broken("fine"), "the build 'hangs' beside it hung, and the daemon ended with it");
}

/// The sandbox's copies of both are without it before the first begins.
TEST_F(ParallelLive, TheSyntaxLineOfAnotherDockerfileIsNoChangeOfTheContext) {
  played_ = play("files:\n"
                 "  Dockerfile: \"FROM alpine AS app\\nRUN true\\n\"\n"
                 "  other: \"# syntax=127.0.0.1:1/frontend\\nFROM alpine AS app\\nRUN true\\n\"\n"
                 "rounds: [{parallel: [{name: a}, {name: b, build: {dockerfile: other}}]}]\n");
  EXPECT_EQ(played_.verdict, Verdict::passed);
  EXPECT_THAT(build("a").notes, testing::IsEmpty());
  EXPECT_EQ(build("a").context, build("b").context);
}

} // namespace
} // namespace cacheproof::engine
