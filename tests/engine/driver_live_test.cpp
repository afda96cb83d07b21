// Builds through buildx, on real daemons: what scenarios cannot say about themselves.
#include "engine/hang.hpp"
#include "live_story.hpp"

#include <gmock/gmock.h>

namespace cacheproof::engine {
namespace {

using evidence::Verdict;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class DriverLive : public LiveStory, public testing::WithParamInterface<std::string> {
protected:
  void SetUp() override {
    driver_ = {builder::Driver::buildx, GetParam()};
    LiveStory::SetUp();
  }
  static std::string why(const evidence::RoundEvidence& round) {
    return round.broken ? util::to_text(*round.broken) : "sound";
  }
};

TEST_P(DriverLive, IsSaidInTheEvidenceAndSecretsAreNot) {
  const auto played = play("files: {Dockerfile: \"FROM alpine AS app\\nRUN --mount=type=secret,id=a true\\n\"}\n"
                           "build: {secrets: [\"id=a,env=TOKEN\"], env: {TOKEN: hidden}}\n"
                           "rounds: [{expect: {rebuilt: all}}]\n");
  EXPECT_EQ(played.verdict, Verdict::passed) << why(played.rounds.at(0));
  EXPECT_EQ(played.driver, "buildx");
  EXPECT_EQ(played.driver_version, GetParam());
  EXPECT_THAT(played.id, HasSubstr("+buildx@" + GetParam()));
  EXPECT_THAT(played.rounds.at(0).command, AllOf(HasSubstr("buildx build "), HasSubstr("TOKEN=***")));
  EXPECT_THAT(played.rounds.at(0).command, Not(HasSubstr("hidden")));
}

TEST_P(DriverLive, ABuildThatHangsIsLookedAtAmongOthers) {
  const auto played =
      play("files: {Dockerfile: \"FROM alpine AS quick\\nRUN true\\nFROM alpine AS slow\\nRUN sleep 1000\\n\"}\n"
           "timeout: 3\n"
           "rounds:\n"
           "  - parallel:\n"
           "      - {name: other, build: {target: quick}, expect: {rebuilt: all}}\n"
           "      - {name: stuck, build: {target: slow}, expect: {rebuilt: all}}\n");
  ASSERT_EQ(played.rounds.size(), 2U);
  EXPECT_THAT(why(played.rounds[1]),
              AllOf(HasSubstr("did not end within 3 s"), HasSubstr("it hung in: [slow 2/2] RUN sleep 1000")));
  EXPECT_TRUE(std::filesystem::exists(out() / "round-1/stuck/goroutines.txt"));
}

/// buildx calls builders by small letters, and some file systems files.
TEST_P(DriverLive, TellsBuildsApartWhoseNamesDifferInLittle) {
  const auto played = play("files: {Dockerfile: \"FROM alpine AS app\\nRUN true\\n\"}\n"
                           "rounds:\n"
                           "  - parallel:\n"
                           "      - {name: A, build: {}, expect: {result: {same_as_clean_build: true}}}\n"
                           "      - {name: a, build: {}, expect: {status: ok}}\n"
                           "      - {name: A-clean, build: {}, expect: {status: ok}}\n");
  EXPECT_EQ(played.verdict, Verdict::passed) << why(played.rounds.at(0)) << why(played.rounds.at(1));
}

/// buildx has written down the build before it talks to the daemon.
TEST_P(DriverLive, MayBeCancelledBeforeItHasBegun) {
  const auto played =
      play("files: {Dockerfile: \"FROM alpine AS app\\nRUN true\\nFROM alpine AS held\\nRUN sleep 1000\\n\"}\n"
           "rounds:\n"
           "  - parallel:\n"
           "      - {name: quick, build: {target: app}, expect: {rebuilt: all}}\n"
           "      - {name: held, build: {target: held}, cancel: when_others_finish}\n");
  EXPECT_EQ(played.verdict, Verdict::passed) << why(played.rounds.at(0)) << why(played.rounds.at(1));
}

/// A second build on one builder is sent only what differs: the client is the same one as before.
TEST_P(DriverLive, IsOneMachineFromRoundToRound) {
  const auto played =
      play_whole("title: A story\n"
                 "files: {Dockerfile: \"FROM alpine AS app\\nCOPY f /\\n\", f: \"AAAA\\n\"}\n"
                 "setup: {builder: kept, images: {alpine: busybox}}\n"
                 "rounds:\n"
                 "  - {expect: {rebuilt: all}}\n"
                 "  - edit: [{write: {path: f, text: \"BBBB\\n\", keep_mtime: true, keep_size: true}}]\n"
                 "    expect: {rebuilt: none}\n");
  EXPECT_EQ(played.verdict, Verdict::passed) << "moby/buildkit#4817, which a client shows that is known";
}

INSTANTIATE_TEST_SUITE_P(Buildx,
                         DriverLive,
                         testing::ValuesIn(toolchain::in_group(toolchain::Kind::buildx, toolchain::k_smoke)),
                         [](const auto& version) { return plain_id(version.param); });

} // namespace
} // namespace cacheproof::engine
