// Cases on Docker engines: what scenarios cannot say about themselves.
#include "live_story.hpp"
#include "sandbox/bridge.hpp"

#include <gmock/gmock.h>

#include <signal.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace cacheproof::engine {
namespace {

namespace fs = std::filesystem;
using evidence::Verdict;
using testing::Contains;
using testing::HasSubstr;

class OnAnEngine : public LiveStory {
protected:
  void take(builder::Driver driver, const std::string& engine) {
    driver_ = {driver, toolchain::default_version(toolchain::Kind::buildx), engine};
    LiveStory::SetUp();
  }
  static std::string why(const evidence::RoundEvidence& round) {
    return round.broken ? util::to_text(*round.broken) : "sound";
  }
  /// The processes of that program whose environment, or another file of /proc, has that text in it.
  static std::vector<int>
  processes_of(const std::string& program, const std::string& text, const char* file = "environ") {
    std::vector<int> pids;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/proc", error))
      if (util::read_text(entry.path() / "comm").value_or("") == program + "\n"
          && util::read_text(entry.path() / file).value_or("").find(text) != std::string::npos)
        pids.push_back(std::stoi(entry.path().filename()));
    return pids;
  }
  /// `cacheproof-XXXXXX`, once the step of our case runs, which is in a control group of its sandbox; else empty.
  std::string sandbox() const {
    const auto steps = processes_of("sleep", folder_.path());
    const auto groups =
        steps.empty() ? "" : util::read_text(fs::path("/proc") / std::to_string(steps.front()) / "cgroup").value_or("");
    const auto at = groups.find("cacheproof-");
    return at == std::string::npos ? "" : groups.substr(at, groups.find('/', at) - at);
  }
  /// Plays a step that takes its time (an engine without containerd waits for its end); once it runs, does that to its
  /// sandbox, until it could.
  evidence::CaseEvidence play_and(const std::function<bool(const std::string& sandbox)>& harm, int seconds) {
    std::jthread harming([&](const std::stop_token& stop) {
      for (std::string name; !stop.stop_requested(); std::this_thread::sleep_for(std::chrono::milliseconds(20)))
        if (!(name = sandbox()).empty() && harm(name)) return;
    });
    return play("files: {Dockerfile: \"FROM alpine AS app\\nRUN FOLDER=" + folder_.path().string() + " sleep "
                + std::to_string(seconds)
                + "\\n\"}\n"
                  "timeout: 60\n"
                  "rounds: [{expect: {rebuilt: all}}]\n");
  }
  /// The processes of that program. A child that has not become its own program yet is called like its parent: there
  /// may be several.
  evidence::CaseEvidence play_and_kill(const std::string& program, int seconds = 40) {
    const auto harm = [&](const std::string& sandbox) {
      auto found = processes_of(program, sandbox);
      if (found.empty()) found = processes_of(program, sandbox, "cgroup"); // what is in a container has no mark
      for (const int pid : found) kill(pid, SIGKILL);
      return !found.empty();
    };
    return play_and(harm, seconds);
  }
};

class EngineLive : public OnAnEngine, public testing::WithParamInterface<std::string> {
protected:
  void SetUp() override { take(builder::Driver::docker, GetParam()); }
};

TEST_P(EngineLive, IsSaidInTheEvidence) {
  const auto played = play("files: {Dockerfile: \"FROM alpine AS app\\nRUN true\\n\"}\n"
                           "rounds: [{expect: {rebuilt: all}}, {expect: {rebuilt: all}}]\n");
  EXPECT_EQ(played.verdict, Verdict::passed) << why(played.rounds.at(0));
  EXPECT_EQ(played.driver, "docker");
  EXPECT_EQ(played.docker, GetParam());
  EXPECT_EQ(played.buildkit, toolchain::embedded_buildkit(GetParam()));
  EXPECT_THAT(played.id, HasSubstr("@docker@" + GetParam() + "+buildx@"));
  ASSERT_TRUE(played.clean);
  EXPECT_EQ(played.clean->disk_usage_records, 0U);
  const bool less_certain = GetParam() < "v25";
  EXPECT_EQ(played.rounds.at(1).record.by_client, less_certain);
  EXPECT_EQ(std::any_of(played.rounds[1].notes.begin(),
                        played.rounds[1].notes.end(),
                        [](const auto& note) { return note.starts_with("less certain: "); }),
            less_certain);
}

TEST_P(EngineLive, ThatIsKilledInTheMiddleOfABuildIsNoVerdict) {
  const auto played = play_and_kill("dockerd");
  EXPECT_EQ(played.verdict, Verdict::broken);
  ASSERT_EQ(played.rounds.size(), 1U);
  EXPECT_THAT(why(played.rounds[0]), HasSubstr("dockerd died during the build: killed by"));
}

TEST_P(EngineLive, WhoseContainerdIsKilledInTheMiddleOfABuildIsNoVerdict) {
  const auto played = play_and_kill("containerd", 10);
  EXPECT_EQ(played.verdict, Verdict::broken) << "although the engine starts another one, and the build may succeed";
  ASSERT_EQ(played.rounds.size(), 1U);
  EXPECT_THAT(why(played.rounds[0]), HasSubstr("its containerd ended"));
}

TEST_P(EngineLive, WhoseNetworkIsTakenInTheMiddleOfABuildIsNoVerdict) {
  const auto harm = [](const std::string& sandbox) {
    const auto bridges = sandbox::bridges_of("/" + sandbox);
    return bridges.size() == 1 && sandbox::remove_bridge(bridges.front());
  };
  const auto played = play_and(harm, 2);
  EXPECT_EQ(played.verdict, Verdict::broken) << "although the step needed none";
  ASSERT_EQ(played.rounds.size(), 1U);
  EXPECT_THAT(why(played.rounds[0]), testing::ContainsRegex("its bridge cp-[A-Za-z0-9]{6}-d1 was taken away"));
}

/// In an engine's own BuildKit, and in that of a container.
class BesideBuildsLive : public OnAnEngine, public testing::WithParamInterface<builder::Driver> {
protected:
  void SetUp() override { take(GetParam(), toolchain::default_version(toolchain::Kind::docker)); }
};

TEST_P(BesideBuildsLive, CommandLinesBuildThereAndAPruneIsOne) {
  const auto played = play_whole("title: A story\n"
                                 "files: {Dockerfile: \"FROM alpine AS app\\nRUN true\\n\"}\n"
                                 "setup: {builder: kept, images: {alpine: busybox}}\n"
                                 "rounds:\n"
                                 "  - run: docker build . && buildx build --no-cache .\n"
                                 "    expect: {rebuilt: [\"app:app 2\", \"app#2:app 2\"]}\n"
                                 "  - {run: docker buildx build ., expect: {rebuilt: none}}\n"
                                 "  - {action: [{prune: {}}], run: docker build ., expect: {rebuilt: all}}\n");
  EXPECT_EQ(played.verdict, Verdict::passed);
  for (const auto& round : played.rounds) EXPECT_EQ(round.verdict, Verdict::passed) << why(round) << round.log;
  EXPECT_EQ(played.rounds.size(), 3U);
}

TEST_P(BesideBuildsLive, AScriptThatCallsBuildctlIsSkippedByName) {
  const auto played =
      play("files: {Dockerfile: \"FROM alpine AS app\\nRUN true\\n\", script: \"buildctl build || true\\n\"}\n"
           "rounds: [{run: sh script, expect: {rebuilt: all}}]\n");
  EXPECT_EQ(played.verdict, Verdict::skipped);
  EXPECT_THAT(played.reason, HasSubstr("the command line calls buildctl, which builds on a BuildKit"));
}

INSTANTIATE_TEST_SUITE_P(OfEveryChange,
                         BesideBuildsLive,
                         testing::Values(builder::Driver::docker, builder::Driver::container),
                         [](const auto& driver) { return plain_id(to_text(driver.param)); });

/// 28.5.2, which keeps its images in layers of its own, or as it is told in containerd.
class WhereImagesAreLive : public OnAnEngine {
protected:
  void take(builder::Driver driver) {
    if (!toolchain::find(toolchain::Kind::docker, "v28.5.2"))
      GTEST_SKIP() << "no engine of 26 to 28 in the store: cacheproof toolchain install docker v28.5.2";
    OnAnEngine::take(driver, "v28.5.2");
  }
};

class InLayersLive : public WhereImagesAreLive {
protected:
  void SetUp() override { take(builder::Driver::docker); }
};

TEST_F(InLayersLive, ACommandLineThatExportsACacheIsSkippedInBuildxsWords) {
  const auto played = play("files: {Dockerfile: \"FROM alpine AS app\\nRUN true\\n\"}\n"
                           "rounds: [{run: \"docker build --cache-to type=registry,ref=$REGISTRY/app:cache .\"}]\n");
  EXPECT_EQ(played.verdict, Verdict::skipped);
  EXPECT_THAT(played.reason,
              testing::AllOf(HasSubstr("story.yaml:4: this command line asks for what Docker v28.5.2 cannot do: "),
                             HasSubstr("Cache export is not supported for the docker driver")));
}

class InContainerdLive : public WhereImagesAreLive {
protected:
  void SetUp() override { take(builder::Driver::containerd); }
};

TEST_F(InContainerdLive, ACacheIsExportedThatAGraphDriverWouldNot) {
  const auto played = play("files: {Dockerfile: \"FROM alpine AS app\\nRUN true\\n\"}\n"
                           "build:\n"
                           "  cache_to: [\"type=registry,ref=${registry}/app:cache,mode=max\"]\n"
                           "  cache_from: [\"type=registry,ref=${registry}/app:cache\"]\n"
                           "rounds: [{expect: {rebuilt: all}}, {expect: {rebuilt: none}}]\n");
  EXPECT_EQ(played.verdict, Verdict::passed) << why(played.rounds.at(0));
  EXPECT_EQ(played.driver, "docker-containerd");
}

class ContainerLive : public OnAnEngine {
protected:
  void SetUp() override { take(builder::Driver::container, toolchain::default_version(toolchain::Kind::docker)); }
  /// Where buildx would put containers by itself.
  static std::vector<fs::path> groups_of_buildx() {
    std::vector<fs::path> groups;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/sys/fs/cgroup", error))
      for (const auto* below : {"docker/buildx", "buildx"})
        if (fs::exists(entry.path() / below, error)) groups.push_back(entry.path() / below);
    return groups;
  }
};

TEST_F(ContainerLive, HasABuildKitOfItsVersionForEveryRoundAndForCleanBuilds) {
  const auto before = groups_of_buildx();
  const auto played = play("files: {Dockerfile: \"FROM alpine AS app\\nRUN true\\n\"}\n"
                           "rounds:\n"
                           "  - expect: {rebuilt: all, result: {same_as_clean_build: true}}\n"
                           "  - expect: {rebuilt: all}\n");
  EXPECT_EQ(played.verdict, Verdict::passed) << why(played.rounds.at(0));
  EXPECT_EQ(played.driver, "docker-container");
  EXPECT_EQ(played.buildkit, toolchain::default_version());
  EXPECT_EQ(played.docker, driver_.docker);
  EXPECT_THAT(played.id, testing::EndsWith("+docker@" + driver_.docker));
  EXPECT_FALSE(played.rounds.at(1).record.graph.empty()) << "the daemon in the container has told it";
  EXPECT_EQ(groups_of_buildx(), before) << "which no sandbox would remove";
}

TEST_F(ContainerLive, WhoseBuildkitdIsKilledInTheMiddleOfABuildIsNoVerdict) {
  const auto played = play_and_kill("buildkitd");
  EXPECT_EQ(played.verdict, Verdict::broken);
  ASSERT_EQ(played.rounds.size(), 1U);
  EXPECT_THAT(why(played.rounds[0]), HasSubstr("the buildkitd in its container ended"));
}

INSTANTIATE_TEST_SUITE_P(OfEveryChange,
                         EngineLive,
                         testing::ValuesIn(toolchain::in_group(toolchain::Kind::docker, toolchain::k_smoke)),
                         [](const auto& version) { return plain_id(version.param); });

} // namespace
} // namespace cacheproof::engine
