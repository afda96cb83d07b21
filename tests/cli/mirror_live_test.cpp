// Images of a public registry: a real registry on loopback plays it, real daemons pull through the mirror.
#include "cli/program_fixture.hpp"
#include "sandbox/leftovers.hpp"
#include "sandbox/public_registry.hpp"
#include "util/base64.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace cacheproof {
namespace {

namespace fs = std::filesystem;
using sandbox::test::PublicRegistry;
using testing::HasSubstr;
using testing::Not;

/// Two rounds that must not differ in their base: IMAGE.
constexpr const char* k_upstream = R"(title: The base image stays what it was
files:
  Dockerfile: |
    FROM IMAGE AS app
    RUN echo "greeting=$GREETING"
    COPY a .
  a: one
setup:
  images: {IMAGE: upstream}
build:
  cache_to:   ["type=registry,ref=${registry}/app:cache,mode=max"]
  cache_from: ["type=registry,ref=${registry}/app:cache"]
rounds:
  - expect: {rebuilt: all}
  - edit: [{append: {path: a, text: two}}]
    expect: {rebuilt: [app COPY*], cached: [app RUN*]}
)";

constexpr const char* k_versions = "v0.11.6,v0.17.3,v0.34.2";

class MirrorLive : public ProgramTest {
protected:
  void SetUp() override {
    skip_without_root();
    if (sandbox::test::registry_program().empty()) GTEST_SKIP() << "docker-registry is not installed";
    public_ = std::make_unique<PublicRegistry>();
  }

  process::Finished play(const std::string& image, std::vector<std::string> more = {}) {
    return play_text(k_upstream, image, std::move(more));
  }
  process::Finished play_text(std::string text, const std::string& image, std::vector<std::string> more = {}) {
    while (text.find("IMAGE") != std::string::npos) replace(text, "IMAGE", image);
    std::vector<std::string> arguments{"run", write("upstream.yaml", text), "-v"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    auto wrapped = command(std::move(arguments));
    auto& environment = *wrapped.environment;
    environment["CACHEPROOF_DOCKER_HUB_URL"] = public_->url();
    environment["DOCKER_CONFIG"] = (folder_.path() / "docker").string();
    auto finished = process::run(wrapped, {.timeout = std::chrono::minutes(5)});
    EXPECT_TRUE(finished) << util::to_text(finished.error());
    return finished ? std::move(*finished) : process::Finished{};
  }

  void log_in(const std::string& user, const std::string& password) const {
    write("docker/config.json",
          fmt::format(
              R"({{"auths": {{"{}": {{"auth": "{}"}}}}}})", public_->address(), util::base64(user + ":" + password)));
  }

  /// case.json of the last run.
  nlohmann::json evidence() const {
    fs::path last;
    for (const auto& entry : fs::recursive_directory_iterator(folder_.path() / "cacheproof-out"))
      if (entry.path().filename() == "case.json"
          && (last.empty() || fs::last_write_time(entry) > fs::last_write_time(last)))
        last = entry.path();
    return nlohmann::json::parse(util::read_text(last).value_or("{}"));
  }

  /// The files below a folder that hold the secret; programs and Docker's own file left out.
  static std::vector<std::string> files_with(const std::string& secret, const fs::path& folder) {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      if (entry.is_regular_file() && entry.path().filename() != "config.json" && entry.file_size() < 1'000'000
          && util::read_text(entry.path()).value_or("").find(secret) != std::string::npos)
        found.push_back(entry.path());
    return found;
  }

  std::unique_ptr<PublicRegistry> public_;
};

TEST_F(MirrorLive, PullsThroughTheMirrorOnceAndRecordsTheDigest) {
  const auto digest = public_->push("library/alpine", "latest", "one");
  const auto first = play("alpine");
  EXPECT_EQ(first.exit.code, 0) << first.out << first.err;
  EXPECT_THAT(first.out, HasSubstr("image: docker.io/library/alpine:latest@" + digest));
  EXPECT_EQ(
      evidence()["images"],
      nlohmann::json::parse(fmt::format(R"([{{"name": "docker.io/library/alpine:latest", "digest": "{}"}}])", digest)));
  public_->set(PublicRegistry::Mood::limits);
  const auto second = play("alpine");
  EXPECT_EQ(second.exit.code, 0) << "its mirror has everything\n" << second.out << second.err;
  const auto store = (folder_.path() / "mirror").string();
  for (int patience = 0; patience < 500 && fs::exists(store); ++patience) {
    std::size_t left = 0;
    for (const auto& entry : fs::directory_iterator(store))
      left += sandbox::marked("CACHEPROOF_MIRROR=" + entry.path().string()).size();
    if (left == 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  FAIL() << "the mirror did not end with its last user";
}

TEST_F(MirrorLive, ATagThatMovesBetweenTwoRoundsChangesNothing) {
  std::vector<std::string> digests{public_->push("library/alpine", "latest", "0")};
  std::mutex mutex; // the event comes in a thread of the server's
  public_->on_event([&] {
    const std::lock_guard lock(mutex);
    digests.push_back(public_->push("library/alpine", "latest", std::to_string(digests.size())));
  });
  auto text = std::string(k_upstream);
  replace(text, "echo \"greeting=$GREETING\"", "wget -q -O /dev/null " + public_->url() + "/event");
  const auto played = play_text(text, "alpine", {"--jobs", "1", "--buildkit", k_versions});
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
  const std::lock_guard lock(mutex);
  ASSERT_EQ(digests.size(), 4u) << "the first round of each case has run its step";
  for (std::size_t i = 0; i < 3; ++i) EXPECT_THAT(played.out, HasSubstr("alpine:latest@" + digests[i]));
}

TEST_F(MirrorLive, AnImageThatIsNotListedIsPulledInTheSameWay) {
  const auto digest = public_->push("library/alpine", "3.20", "one");
  auto text = std::string(k_upstream);
  replace(text, "setup:\n  images: {IMAGE: upstream}\n", "");
  const auto played = play_text(text, "alpine:3.20");
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
  EXPECT_EQ(evidence()["images"][0]["digest"], digest);
}

TEST_F(MirrorLive, ARateLimitIsBrokenAndSaysSo) {
  public_->push("library/alpine", "latest", "one");
  public_->set(PublicRegistry::Mood::limits);
  const auto played = play("alpine", {"--buildkit", k_versions});
  EXPECT_EQ(played.exit.code, 2) << played.out << played.err;
  EXPECT_THAT(played.out, HasSubstr("docker.io/library/alpine:latest could not be pulled: the registry answers 429"));
  EXPECT_THAT(played.out, HasSubstr("3 broken"));
  EXPECT_THAT(played.out, HasSubstr("docker login"));
}

TEST_F(MirrorLive, AnImageThatIsNotThereIsBroken) {
  const auto played = play("alpine:nowhere");
  EXPECT_EQ(played.exit.code, 2) << played.out << played.err;
  EXPECT_THAT(played.out, HasSubstr("alpine:nowhere could not be pulled: there is no such image"));
}

TEST_F(MirrorLive, TheUsersLoginReachesTheMirrorAndNothingElse) {
  public_->push("library/alpine", "latest", "one");
  public_->ask_for({.username = "me", .password = "hunter2-hunter2", .identity_token = {}});
  log_in("me", "hunter2-hunter2");
  const auto played = play("alpine", {"--keep"});
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
  EXPECT_THAT(played.out + played.err, Not(HasSubstr("hunter2")));
  EXPECT_THAT(files_with("hunter2", folder_.path()), testing::IsEmpty());
  const auto kept = played.out.substr(played.out.find("kept: ") + 6);
  const fs::path sandbox = kept.substr(0, kept.find('\n'));
  ASSERT_TRUE(fs::exists(sandbox)) << played.out;
  EXPECT_THAT(files_with("hunter2", sandbox), testing::IsEmpty());
  EXPECT_TRUE(util::remove_tree(sandbox));
}

TEST_F(MirrorLive, ALoginThatIsMissingIsBroken) {
  public_->push("library/alpine", "latest", "one");
  public_->ask_for({.username = "me", .password = "hunter2-hunter2", .identity_token = {}});
  const auto played = play("alpine");
  EXPECT_EQ(played.exit.code, 2) << played.out << played.err;
  EXPECT_THAT(played.out, HasSubstr("the registry answers 401"));
}

TEST_F(MirrorLive, OfflineRefusesBeforeAnythingRuns) {
  public_->push("library/alpine", "latest", "one");
  const auto refused = play("alpine", {"--offline"});
  EXPECT_EQ(refused.exit.code, 3) << refused.out << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("would pull docker.io/library/alpine:latest, which --offline forbids"));
  EXPECT_FALSE(fs::exists(folder_.path() / "cacheproof-out"));
  EXPECT_EQ(public_->requests().size(), 0u);
}

TEST_F(MirrorLive, OfflinePlaysWhatTheSandboxServes) {
  const auto played = run({"run", write("plain.yaml", k_plain), "--offline"});
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
}

} // namespace
} // namespace cacheproof
