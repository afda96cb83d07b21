// What is seen of what takes too long, on real daemons.
#include "engine/live_story.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace cacheproof::engine {
namespace {

using evidence::Verdict;
using std::chrono::seconds;
using testing::HasSubstr;

/// A build that never ends, and what is seen of it.
class HangLive : public LiveStory {
protected:
  evidence::CaseEvidence play(seconds timeout, seconds allowance) {
    return LiveStory::play("files: {Dockerfile: \"FROM alpine AS app\\nRUN sleep 1000\\n\"}\n"
                           "timeout: "
                               + std::to_string(timeout.count())
                               + "\n"
                                 "rounds: [{expect: {rebuilt: all}}]\n",
                           allowance);
  }
  /// Whether a stream of the round has the text; matchers would print all of it.
  bool has(const std::string& file, const std::string& text, const std::string& folder = "round-1") const {
    return util::read_text(out() / folder / file).value_or("").find(text) != std::string::npos;
  }
  /// That the error and the evidence beside it say so.
  void expect_where_it_hung(const util::Error& error) const {
    EXPECT_THAT(error.what, HasSubstr("2/2] RUN sleep 1000"));
    EXPECT_THAT(error.remedy, HasSubstr("goroutines.txt"));
    EXPECT_TRUE(has("events.jsonl", "RUN sleep 1000"));
    EXPECT_TRUE(has("goroutines.txt", "goroutine 1 "));
    EXPECT_TRUE(has("daemon.log", "running server on"));
  }
  /// A script in the place of a program of the rig's; `$0.` begins names of its own.
  void replace(std::filesystem::path& program, const std::string& lines) const {
    const auto script = folder_.path() / program.filename();
    ASSERT_TRUE(util::write_text(script, "#!/bin/sh\nreal=" + program.string() + "\n" + lines));
    std::filesystem::permissions(script, std::filesystem::perms(0755));
    program = script;
  }
};

TEST_F(HangLive, ABuildThatHangsIsBrokenAndLeavesWhereItHung) {
  for (const auto& version : toolchain::in_group(toolchain::Kind::buildkit, toolchain::k_smoke)) {
    SCOPED_TRACE(version);
    take(version);
    const auto played = play(seconds(3), seconds(60));
    ASSERT_EQ(played.verdict, Verdict::broken);
    ASSERT_EQ(played.rounds.size(), 1u);
    ASSERT_TRUE(played.rounds[0].broken);
    EXPECT_THAT(played.rounds[0].broken->what, HasSubstr("the build did not end within 3 s; it hung in: "));
    expect_where_it_hung(*played.rounds[0].broken);
    EXPECT_TRUE(has("client.log", "RUN sleep 1000"));
  }
}

TEST_F(HangLive, ARoundThatTakesTooLongSaysSo) {
  const auto played = play(seconds(1000), seconds(-997));
  ASSERT_EQ(played.verdict, Verdict::broken);
  ASSERT_EQ(played.rounds.size(), 1u);
  ASSERT_TRUE(played.rounds[0].broken);
  EXPECT_THAT(played.rounds[0].broken->what,
              HasSubstr("the round did not end within 3 s: interrupted while it built; it hung in: "));
  EXPECT_EQ(played.rounds[0].broken->blame, util::Blame::rig) << "nobody interrupted it";
  expect_where_it_hung(*played.rounds[0].broken);
}

TEST_F(HangLive, ACaseThatTakesTooLongSaysSo) {
  const auto played = play(seconds(1000), seconds(-1060));
  ASSERT_EQ(played.verdict, Verdict::broken);
  ASSERT_TRUE(played.broken);
  EXPECT_THAT(played.broken->what, HasSubstr("the case did not end within 0 s: interrupted"));
}

TEST_F(HangLive, AnActionThatTakesTooLongLeavesWhereTheDaemonWas) {
  const auto played = LiveStory::play("files: {Dockerfile: \"FROM alpine AS app\\nRUN true\\n\"}\n"
                                      "timeout: 1000\n"
                                      "rounds: [{action: [{wait: 1000s}], expect: {rebuilt: all}}]\n",
                                      seconds(-998));
  ASSERT_EQ(played.rounds.size(), 1u);
  ASSERT_TRUE(played.rounds[0].broken);
  EXPECT_EQ(played.rounds[0].broken->what, "the round did not end within 2 s: interrupted while it waited");
  EXPECT_TRUE(has("goroutines.txt", "goroutine 1 "));
  EXPECT_TRUE(has("daemon.log", "running server on"));
}

TEST_F(HangLive, ARegistryThatNeverAnswersLeavesWhereTheDaemonWas) {
  replace(rig_.programs.registry, "exec sleep 1000\n");
  const auto played = play(seconds(1000), seconds(-1058)); // the case may take two
  ASSERT_TRUE(played.broken);
  EXPECT_THAT(played.broken->what, HasSubstr("the case did not end within 2 s: interrupted"));
  EXPECT_TRUE(has("goroutines.txt", "goroutine 1 ", ""));
}

/// A daemon that never answers: it waits for the writer of its configuration.
class UnreadyLive : public HangLive {
protected:
  /// `command` before its `number`th start and all after it.
  void from(int number, const std::string& command) {
    replace(rig_.programs.daemon,
            "echo started >>$0.starts\nif [ $(wc -l <$0.starts) -ge " + std::to_string(number) + " ]; then " + command
                + "; fi\nexec $real \"$@\"\n");
  }
  void hang_from(int number) { from(number, "mkfifo $0.fifo; set -- \"$@\" --config $0.fifo"); }
};

TEST_F(UnreadyLive, AtTheBeginningOfTheCase) {
  for (const auto& version : toolchain::in_group(toolchain::Kind::buildkit, toolchain::k_smoke)) {
    SCOPED_TRACE(version);
    take(version);
    std::filesystem::remove(folder_.path() / "buildkitd.starts");
    std::filesystem::remove(folder_.path() / "buildkitd.fifo");
    hang_from(1);
    const auto played = play(seconds(1000), seconds(-1059)); // the case may take a second
    ASSERT_TRUE(played.broken);
    EXPECT_THAT(played.broken->what, HasSubstr("the case did not end within 1 s: interrupted while buildkitd started"));
    EXPECT_THAT(played.broken->remedy, HasSubstr("goroutines.txt"));
    EXPECT_TRUE(has("goroutines.txt", "goroutine 1 ", ""));
    EXPECT_TRUE(std::filesystem::exists(out() / "daemon.log"));
  }
}

TEST_F(UnreadyLive, InALaterRound) {
  hang_from(2);
  const auto played = LiveStory::play("files: {Dockerfile: \"FROM alpine AS app\\nRUN true\\n\"}\n"
                                      "rounds: [{expect: {rebuilt: all}}, {expect: {rebuilt: all}}]\n");
  ASSERT_EQ(played.rounds.size(), 2u);
  ASSERT_TRUE(played.rounds[1].broken);
  EXPECT_THAT(played.rounds[1].broken->what, HasSubstr("buildkitd did not answer within 10000 ms"));
  EXPECT_EQ(
      played.rounds[1].broken->remedy,
      "read the lines above, and the goroutines in its evidence, if it told them, for where it hung; on a machine "
      "that is merely slow, run it again");
  EXPECT_TRUE(has("goroutines.txt", "goroutine 1 ", "round-2"));
}

/// What cannot be proven empty, as one that does not tell what it has, is looked at too.
TEST_F(UnreadyLive, WhatIsNotEmptyLeavesWhatItWas) {
  const auto root = (folder_.path() / "root").string();
  const auto real = rig_.programs.daemon;
  const auto from_then_on = [&](int number) {
    std::filesystem::remove(folder_.path() / "buildkitd.starts");
    rig_.programs.daemon = real;
    from(number, "set -- \"$@\" --root " + root);
  };
  from_then_on(1);
  const std::string story = "title: x\nsetup: {builder: kept, images: {alpine: busybox}}\n"
                            "files: {Dockerfile: \"FROM alpine AS app\\nRUN true\\n\"}\n"
                            "rounds: [{expect: {rebuilt: all";
  ASSERT_EQ(play_whole(story + "}}]\n").verdict, Verdict::passed);
  const auto played = play_whole(story + "}}]\n");
  ASSERT_TRUE(played.broken);
  EXPECT_THAT(played.broken->what, HasSubstr("the daemon is not clean"));
  EXPECT_TRUE(has("goroutines.txt", "goroutine 1 ", ""));
  from_then_on(2);
  const auto beside = play_whole(story + ", result: {same_as_clean_build: true}}}]\n");
  ASSERT_TRUE(beside.rounds.at(0).broken);
  EXPECT_THAT(beside.rounds[0].broken->what, HasSubstr("the daemon is not clean"));
  EXPECT_TRUE(has("clean-goroutines.txt", "goroutine 1 "));
}

TEST_F(HangLive, ADaemonThatDoesNotEndLeavesItsLog) {
  replace(rig_.programs.daemon, "trap '' TERM\n$real \"$@\"\nexec sleep 1000\n");
  const auto played = play_whole("title: x\nsetup: {builder: kept, images: {alpine: busybox}}\n"
                                 "files: {Dockerfile: \"FROM alpine AS app\\nRUN true\\n\"}\n"
                                 "rounds: [{expect: {rebuilt: all}}, {action: [{restart_builder: {}}]}]\n");
  ASSERT_EQ(played.rounds.size(), 2u);
  ASSERT_TRUE(played.rounds[1].broken);
  EXPECT_THAT(played.rounds[1].broken->what, HasSubstr("buildkitd did not end within 10 s of a SIGTERM"));
  EXPECT_TRUE(has("daemon.log", "running server on", "round-2"));
}

TEST_F(HangLive, ARegistryThatNeverAnswersLeavesWhereItHung) {
  replace(rig_.programs.registry, "mkfifo $0.fifo\nexec $real serve $0.fifo\n");
  const auto played = play(seconds(60), seconds(60));
  ASSERT_TRUE(played.broken);
  EXPECT_THAT(played.broken->what, HasSubstr("the registry did not answer within 10 s"));
  EXPECT_THAT(played.broken->remedy, HasSubstr("registry.log"));
  EXPECT_TRUE(has("registry.log", "goroutine 1 ", ""));
}

/// The daemon answers everything but what it is asked for.
TEST_F(HangLive, ARecordThatNeverComesLeavesWhereTheDaemonWas) {
  replace(rig_.programs.buildctl,
          "$real \"$@\" || exit\n"
          "while [ $# -gt 1 ]; do if [ $1 = --ref-file ]; then printf none >$2; fi; shift; done\n");
  const auto played = LiveStory::play("files: {Dockerfile: \"FROM alpine AS app\\nRUN true\\n\"}\n"
                                      "rounds: [{expect: {rebuilt: all}}]\n");
  ASSERT_TRUE(played.rounds.at(0).broken);
  EXPECT_THAT(played.rounds[0].broken->what,
              testing::AnyOf(HasSubstr("buildkitd has no record of the build none"), HasSubstr("Deadline Exceeded")));
  EXPECT_TRUE(has("goroutines.txt", "goroutine 1 "));
}

TEST_F(HangLive, AnExportThatHangsLeavesWhereItHungAndIsToldApartFromThoseBesideIt) {
  replace(rig_.programs.buildctl, "case \"$*\" in *image.tar*) exec sleep 1000;; esac\nexec $real \"$@\"\n");
  const std::string claim = "expect: {result: {files: {/f: {contains: a}}}}}";
  const auto played = LiveStory::play("files: {Dockerfile: \"FROM alpine AS app\\nRUN echo a > /f\\n\"}\n"
                                      "timeout: 4\n"
                                      "rounds: [{parallel: [{name: a, "
                                      + claim + ", {name: b, " + claim + "]}]\n");
  ASSERT_EQ(played.rounds.size(), 2u);
  ASSERT_TRUE(played.rounds[0].broken && played.rounds[1].broken);
  EXPECT_THAT(played.rounds[0].broken->what, HasSubstr("the export of the result did not end within 4 s"));
  EXPECT_TRUE(has("export-goroutines.txt", "goroutine 1 ", "round-1/a"));
  EXPECT_TRUE(has("export-daemon.log", "running server on", "round-1/a"));
  EXPECT_EQ(played.rounds[1].broken->what,
            "a build beside it hung, and the daemon ended with it, before the export of the result");
}

/// The builder keeps what it had read of a file of the same size and time; a clean build reads it anew.
TEST_F(HangLive, ACleanBuildThatHangsLeavesWhereItHung) {
  const auto played =
      play_whole("title: x\nsetup: {builder: kept, images: {alpine: busybox}}\ntimeout: 10s\n"
                 "files: {Dockerfile: \"FROM alpine AS app\\nCOPY f /f\\nRUN sleep $(cat /f)\\n\", f: \"0000\"}\n"
                 "rounds:\n"
                 "  - expect: {rebuilt: all}\n"
                 "  - edit: [{write: {path: f, text: \"1000\", keep_mtime: true, keep_size: true}}]\n"
                 "    expect: {rebuilt: none, result: {same_as_clean_build: true}}\n");
  ASSERT_EQ(played.rounds.size(), 2u);
  ASSERT_TRUE(played.rounds[1].broken);
  EXPECT_THAT(played.rounds[1].broken->what, HasSubstr("the clean build did not end within 10 s; it hung in: "));
  EXPECT_THAT(played.rounds[1].broken->what, HasSubstr("3/3] RUN sleep"));
  EXPECT_TRUE(has("clean-events.jsonl", "RUN sleep", "round-2"));
  EXPECT_TRUE(has("clean-goroutines.txt", "goroutine 1 ", "round-2"));
  EXPECT_TRUE(has("clean-daemon.log", "running server on", "round-2"));
}

} // namespace
} // namespace cacheproof::engine
