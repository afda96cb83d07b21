// Stories of one case, on real daemons.
#include "engine/live_story.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace cacheproof::engine {
namespace {

using evidence::Verdict;
using testing::HasSubstr;

/// A kept builder whose second round has an action.
class ActionLive : public LiveStory {
protected:
  evidence::CaseEvidence play_action(const std::string& action) {
    return play_whole("title: An action\n"
                      "files: {Dockerfile: \"FROM base\\nRUN echo a > /a\\n\"}\n"
                      "setup: {images: {base: {labels: {a: b}}}, builder: kept, http: {f: x}}\n"
                      "build: {cache_to: [\"type=registry,ref=${registry}/app:cache\"]}\n"
                      "rounds:\n  - expect: {rebuilt: all}\n  - action: ["
                      + action + "]\n");
  }
  std::string why(const std::string& action) {
    const auto played = play_action(action);
    if (played.rounds.size() != 2 || !played.rounds[1].broken) return "it was played";
    EXPECT_EQ(played.rounds[1].broken->blame, util::Blame::input);
    return played.rounds[1].broken->what;
  }
};

TEST_F(ActionLive, ThatChangesNothingIsTheScenariosFault) {
  EXPECT_THAT(why("{push_image: {name: base, labels: {a: b}}}"),
              HasSubstr("story.yaml:7: the image base is so already"));
  EXPECT_THAT(why("{prune: {filter: id==none}}"), HasSubstr("story.yaml:7: nothing was pruned: this changes nothing"));
  EXPECT_THAT(why("{prune: {filter: a b}}"), HasSubstr("story.yaml:7: this cannot be pruned: failed to parse prune"));
  EXPECT_THAT(why("{new_builder: {}}, {restart_builder: {}}"),
              HasSubstr("story.yaml:7: the builder keeps nothing yet: this changes nothing"));
  EXPECT_THAT(why("{delete_tag: {of: app:other}}"), HasSubstr("story.yaml:7: there is nothing at 127.0.0.1:"));
  EXPECT_THAT(why("{delete_blob: {of: app:cache, which: layer 99}}"), HasSubstr("app:cache has no layer 99, but "));
  EXPECT_THAT(why("{copy_cache: {from: app:cache, to: app:cache}}"), HasSubstr("app:cache holds the same already"));
  EXPECT_THAT(why("{serve: {path: f, text: x}}"), HasSubstr("story.yaml:7: /f is served so already"));
}

TEST_F(ActionLive, IsALineOfTheRoundsChanges) {
  const auto played = play_action("{serve: {path: f, etag: v2}}, {wait: 1ms}, {restart_builder: {}}");
  ASSERT_EQ(played.rounds.size(), 2u);
  EXPECT_THAT(played.rounds[1].changes,
              testing::ElementsAre("serve /f: etag \"v2\"",
                                   "wait 1 ms",
                                   testing::MatchesRegex("restart_builder .[0-9]+ records kept.")));
}

TEST_F(ActionLive, ARoundHasItsOwnPartOfTheLogOfAKeptDaemon) {
  play_whole("title: x\nfiles: {Dockerfile: \"FROM base\\nRUN echo a > /a\\n\"}\n"
             "setup: {images: {base: busybox}, builder: kept}\n"
             "rounds: [{expect: {rebuilt: all}}, {action: [{restart_builder: {}}], expect: {rebuilt: none}}, "
             "{expect: {rebuilt: none}}]\n");
  const auto starts = [&](const std::string& round) {
    const auto lines = util::lines(util::read_text(out() / round / "daemon.log").value_or(""));
    return std::count_if(lines.begin(), lines.end(), [](const auto& line) {
      return line.find("running server on") != std::string::npos;
    });
  };
  EXPECT_EQ(starts("round-1"), 1);
  EXPECT_EQ(starts("round-2"), 1) << "it was started again";
  EXPECT_EQ(starts("round-3"), 0);
}

/// The round's own command line looks for the daemon by what its environment should be.
class StoryLive : public LiveStory {}; // by its name it waits for the toolchains

TEST_F(StoryLive, TheSettingsOfADaemonNameWhatOtherTextsDo) {
  const auto played = play_whole(R"(title: x
files: {Dockerfile: "FROM base\nRUN true\n"}
setup:
  images: {base: busybox}
  registry: {instances: 2}
  http: {f: x}
  daemon:
    env: {CACHEPROOF_SETTING: "${registry} ${http}"}
    flags: ["--oci-worker-labels=a=${local}"]
    config: |
      [registry."${registry2}"]
        insecure = true
rounds:
  - run: >-
      grep -qszx "CACHEPROOF_SETTING=$REGISTRY 127.0.0.1:[0-9]*" /proc/[0-9]*/environ &&
      grep -qs insecure ../d*/buildkitd.toml && ! grep -qs "[$]{" ../d*/buildkitd.toml &&
      grep -qszx -e "--oci-worker-labels=a=.*/loca[l]" /proc/[0-9]*/cmdline &&
      buildctl build --frontend dockerfile.v0 --local context=. --local dockerfile=.
    expect: {rebuilt: all}
)");
  EXPECT_EQ(played.verdict, evidence::Verdict::passed) << (played.broken ? util::to_text(*played.broken) : "");
  if (!played.rounds.empty() && played.rounds[0].broken) ADD_FAILURE() << util::to_text(*played.rounds[0].broken);
}

const char* const k_serves_a_frontend = "title: x\nfiles: {Dockerfile: \"FROM base\\n\"}\n"
                                        "setup: {images: {base: busybox, a/b: {frontend: v0.17.3}}}\n"
                                        "rounds: [{expect: {rebuilt: none}}]\n";

TEST_F(StoryLive, AFrontendThatTheRigWasNotGivenIsSaid) {
  const auto played = play_whole(k_serves_a_frontend);
  ASSERT_TRUE(played.broken);
  EXPECT_EQ(played.broken->what, "there is no Dockerfile frontend v0.17.3 to play with");
}

TEST_F(StoryLive, WithoutItsFrontendACaseIsSkippedWhereThisMachineCannotMakeIt) {
  rig_.frontends.emplace("v0.17.3", util::failure("there is no go", {}, {}, util::Blame::unable));
  auto played = play_whole(k_serves_a_frontend);
  EXPECT_EQ(played.verdict, evidence::Verdict::skipped);
  EXPECT_EQ(played.reason, "there is no go");
  rig_.frontends.at("v0.17.3") = util::failure("the network is down");
  played = play_whole(k_serves_a_frontend);
  EXPECT_EQ(played.verdict, evidence::Verdict::broken);
}

/// A case of one file and one round.
class OneRoundLive : public LiveStory {
protected:
  evidence::CaseEvidence play(const std::string& round) {
    return LiveStory::play("files: {Dockerfile: \"FROM alpine\\nCOPY a /a\\n\", a: a}\nrounds: [{" + round + "}]\n");
  }
};

TEST_F(OneRoundLive, AnEditThatTheMachineCannotDoSkipsTheCase) {
  const auto played = play("edit: [{xattr: {path: a, name: user.a, value: \"" + std::string(70'000, 'x')
                           + "\"}}], expect: {rebuilt: all}");
  EXPECT_EQ(played.verdict, Verdict::skipped);
  const auto reason = (folder_.path() / "story.yaml").string()
                      + ":4: this machine cannot set user.a of a: Argument list too long\n"
                        "  to do: a tmpfs has attributes from Linux 6.6 on; TMPDIR names another place";
  EXPECT_EQ(played.reason, reason);
  ASSERT_EQ(played.rounds.size(), 1u);
  EXPECT_EQ(played.rounds[0].verdict, Verdict::skipped);
  EXPECT_FALSE(played.rounds[0].broken);
  EXPECT_EQ(played.rounds[0].notes, std::vector<std::string>{"skipped: " + reason});
}

/// A client in place of the real one, which it may call.
class ClientLive : public OneRoundLive {
protected:
  void take_client(const std::string& version, const std::string& script) {
    take(version);
    const auto client = folder_.path() / "buildctl";
    ASSERT_TRUE(util::write_text(client, "#!/bin/sh\n" + script + " " + rig_.programs.buildctl.string() + " \"$@\"\n"));
    std::filesystem::permissions(client, std::filesystem::perms(0755));
    rig_.programs.buildctl = client;
  }
};

TEST_F(ClientLive, ThatChangesItsContextIsNoted) {
  take_client(toolchain::default_version(),
              "for each; do case $each in context=*) echo b > \"${each#context=}/b\";; esac; done\nexec");
  const auto played = play("expect: {rebuilt: all}");
  EXPECT_EQ(played.verdict, Verdict::passed);
  EXPECT_EQ(played.rounds.at(0).notes, std::vector<std::string>{"the build changed its own context: b"});
  const auto saved = evidence::load(out());
  ASSERT_TRUE(saved) << util::to_text(saved.error());
  ASSERT_TRUE(saved->rounds.at(0).context_after);
  EXPECT_EQ(evidence::differing_paths(saved->rounds[0].context, *saved->rounds[0].context_after),
            std::vector<std::string>{"b"});
}

TEST_F(ClientLive, ThatReachesNoDaemonIsNoBuildThatFails) {
  for (const auto& version : toolchain::in_group(toolchain::Kind::buildkit, toolchain::k_smoke)) {
    SCOPED_TRACE(version);
    take_client(version, "shift 2; set -- --addr unix:///nowhere/s.sock \"$@\"; exec");
    const auto played = play("expect: {status: {fails: .}}");
    ASSERT_EQ(played.verdict, Verdict::broken);
    ASSERT_TRUE(played.rounds.at(0).broken);
    EXPECT_THAT(played.rounds[0].broken->what, HasSubstr("the client ended without starting a build: error: listing"));
  }
}

TEST_F(ClientLive, ThatDiesIsNoBuildThatFails) {
  take_client(toolchain::default_version(), "echo 'panic: no' >&2; exit 2;");
  const auto played = play("expect: {status: {fails: .}}");
  ASSERT_EQ(played.verdict, Verdict::broken);
  ASSERT_TRUE(played.rounds.at(0).broken);
  EXPECT_EQ(played.rounds[0].broken->what, "the client ended without starting a build: panic: no");
}

// By the client before it asks for a daemon, by the client afterwards, and by the daemon.
TEST_F(OneRoundLive, WhatIsRefusedIsABuildThatFailed) {
  for (const auto& version : toolchain::in_group(toolchain::Kind::buildkit, toolchain::k_smoke)) {
    take(version);
    for (const auto& [build, words] : {std::pair("secrets: [a=b]", "unexpected key 'a' in 'a=b'"),
                                       std::pair("cache_from: [type=registry]", "registry cache importer requires ref"),
                                       std::pair("entitlements: [network.host]", "network.host is not allowed")}) {
      SCOPED_TRACE(version + " " + build);
      const auto claimed =
          play(std::string("build: {") + build + "}, expect: {status: {fails: \"^error: .*" + words + "\"}}");
      EXPECT_EQ(claimed.verdict, Verdict::passed);
    }
  }
  const auto played = play("build: {cache_from: [type=registry]}, expect: {log: {has: [error]}}");
  ASSERT_EQ(played.verdict, Verdict::failed);
  ASSERT_EQ(played.rounds.at(0).findings.size(), 1u);
  EXPECT_EQ(played.rounds[0].findings[0].summary, "the build failed");
  EXPECT_THAT(played.rounds[0].findings[0].observed,
              testing::ElementsAre("error: registry cache importer requires ref"));
}

} // namespace
} // namespace cacheproof::engine
