// What becomes of a case that takes too long, on real daemons.
#include "engine/play.hpp"
#include "scenario/read.hpp"
#include "toolchain/toolchain.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

namespace cacheproof::engine {
namespace {

using evidence::Verdict;
using std::chrono::seconds;
using testing::HasSubstr;

/// A build that never ends, and what is seen of it.
class HangLive : public testing::Test {
protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "playing scenarios needs root";
    take(toolchain::default_version());
  }
  void take(const std::string& version) {
    auto rig = prepare_rig({.buildkit = version}, {}, [](std::string_view) {});
    ASSERT_TRUE(rig) << util::to_text(rig.error());
    rig_ = std::move(*rig);
  }

  evidence::CaseEvidence play(seconds timeout, seconds allowance) {
    auto reading = scenario::read_text("title: A build that never ends\n"
                                       "files: {Dockerfile: \"FROM alpine AS app\\nRUN sleep 1000\\n\"}\n"
                                       "setup: {images: {alpine: busybox}}\n"
                                       "timeout: "
                                           + std::to_string(timeout.count())
                                           + "\n"
                                             "rounds: [{expect: {rebuilt: all}}]\n",
                                       folder_.path() / "hangs.yaml");
    EXPECT_TRUE(reading.scenario);
    const auto cases = plan({std::make_shared<scenario::Scenario>(std::move(*reading.scenario))}, {rig_.version});
    Observer nobody;
    return engine::play(
        cases.front(), {{rig_.version, rig_}}, {.folder = folder_.path() / "out", .allowance = allowance}, nobody);
  }
  /// Whether a stream of the round has the text; matchers would print all of it.
  bool has(const std::string& file, const std::string& text) const {
    return util::read_text(folder_.path() / "out/round-1" / file).value_or("").find(text) != std::string::npos;
  }

  util::TempDir folder_ = util::TempDir::create().value();
  Rig rig_;
};

TEST_F(HangLive, ABuildThatHangsIsBrokenAndLeavesWhereItHung) {
  for (const auto& version : toolchain::pinned()) {
    SCOPED_TRACE(version);
    take(version);
    const auto played = play(seconds(3), seconds(60));
    ASSERT_EQ(played.verdict, Verdict::broken);
    ASSERT_EQ(played.rounds.size(), 1u);
    ASSERT_TRUE(played.rounds[0].broken);
    EXPECT_THAT(played.rounds[0].broken->what, HasSubstr("the build did not end within 3 s; it hung in: "));
    EXPECT_THAT(played.rounds[0].broken->what, HasSubstr("2/2] RUN sleep 1000"));
    EXPECT_THAT(played.rounds[0].broken->remedy, HasSubstr("goroutines.txt"));
    EXPECT_TRUE(has("events.jsonl", "RUN sleep 1000"));
    EXPECT_TRUE(has("goroutines.txt", "goroutine 1 "));
    EXPECT_TRUE(has("daemon.log", "running server on"));
    EXPECT_TRUE(has("client.log", "RUN sleep 1000"));
  }
}

TEST_F(HangLive, ARoundThatTakesTooLongSaysSo) {
  const auto played = play(seconds(1000), seconds(-997));
  ASSERT_EQ(played.verdict, Verdict::broken);
  ASSERT_EQ(played.rounds.size(), 1u);
  ASSERT_TRUE(played.rounds[0].broken);
  EXPECT_EQ(played.rounds[0].broken->what, "the round did not end within 3 s: interrupted while it built");
  EXPECT_EQ(played.rounds[0].broken->blame, util::Blame::rig) << "nobody interrupted it";
}

TEST_F(HangLive, ACaseThatTakesTooLongSaysSo) {
  const auto played = play(seconds(1000), seconds(-1060));
  ASSERT_EQ(played.verdict, Verdict::broken);
  ASSERT_TRUE(played.broken);
  EXPECT_THAT(played.broken->what, HasSubstr("the case did not end within 0 s: interrupted"));
}

} // namespace
} // namespace cacheproof::engine
