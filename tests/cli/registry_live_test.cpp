// The registries that a case can be played with.
#include "cli/program_fixture.hpp"
#include "http/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <future>
#include <thread>

namespace cacheproof {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

class RegistryChoiceLive : public ProgramTest {
protected:
  void SetUp() override {
    skip_without_root();
    const auto found = process::find_program("docker-registry", "/usr/local/bin:/usr/bin:/bin");
    if (!found) GTEST_SKIP() << "no docker-registry on this machine";
    registry_ = *found;
  }

  /// A port on which nobody listened a moment ago.
  static int free_port() {
    const util::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size);
    getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }

  /// A registry as a user runs one; `url` is where.
  process::Process registry_of_the_user(std::string& url) const {
    const auto port = free_port();
    url = fmt::format("http://127.0.0.1:{}", port);
    write("registry.yml",
          fmt::format("version: 0.1\nstorage:\n  inmemory: {{}}\nhttp: {{addr: '127.0.0.1:{}'}}\n", port));
    auto registry = process::Process::start(
        {{registry_, "serve", (folder_.path() / "registry.yml").string()}, environment(), folder_.path()});
    const auto answers = [&] { return http::send({.url = url + "/v2/"}).has_value(); };
    for (int i = 0; i < 1000 && !answers(); ++i) std::this_thread::sleep_for(10ms);
    return std::move(registry).value();
  }

  std::string registry_;
};

TEST_F(RegistryChoiceLive, APathIsStartedLikeTheDefault) {
  const auto played = run({"run", write("plain.yaml", k_plain), "--registry", "path:" + registry_});
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
}

// The claim "rebuilt: all" of the first round fails if a second run meets what the first one left.
TEST_F(RegistryChoiceLive, TheUsersIsSharedButNotItsRepositories) {
  std::string url;
  const auto registry = registry_of_the_user(url);
  for (const auto* versions : {"v0.34.2", "v0.17.3,v0.34.2"}) {
    const auto played = run({"run", write("plain.yaml", k_plain), "--registry", url, "--buildkit", versions});
    EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
    EXPECT_THAT(played.out, HasSubstr(url.substr(7) + " is yours: every case has repositories of its own there"));
  }
  const auto catalogue = http::send({.url = url + "/v2/_catalog"});
  ASSERT_TRUE(catalogue);
  EXPECT_THAT(catalogue->body, testing::ContainsRegex("cacheproof/[0-9a-f]{16}/app"));
  EXPECT_THAT(catalogue->body, testing::Not(HasSubstr("\"app\""))) << "nothing outside";
}

TEST_F(RegistryChoiceLive, TheUsersCannotServeBaseImagesToOldVersions) {
  const auto played =
      run({"run", write("plain.yaml", k_plain), "--registry", "http://127.0.0.1:1", "--buildkit", "v0.11.6"});
  EXPECT_EQ(played.exit.code, 2) << played.out << played.err;
  EXPECT_THAT(played.out, HasSubstr("BuildKit v0.11.6 takes no base images from below a path of a registry"));
  EXPECT_THAT(played.out, HasSubstr("1 skipped in ")) << "nothing of the rig failed";
}

TEST_F(RegistryChoiceLive, TheUsersThatIsNotThereBreaksTheCase) {
  const auto url = fmt::format("http://127.0.0.1:{}", free_port());
  const auto played = run({"run", write("plain.yaml", k_plain), "--registry", url});
  EXPECT_EQ(played.exit.code, 2) << played.out << played.err;
  EXPECT_THAT(played.out, HasSubstr("GET " + url + "/v2/"));
}

TEST_F(RegistryChoiceLive, TheEnvironmentNamesOneWhereTheCommandLineDoesNot) {
  std::string url;
  const auto registry = registry_of_the_user(url);
  auto named = command({"run", write("plain.yaml", k_plain)});
  (*named.environment)["CACHEPROOF_REGISTRY"] = url;
  const auto played = *process::run(named);
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
  EXPECT_THAT(played.out, HasSubstr(url.substr(7) + " is yours"));
  named.argv.insert(named.argv.end(), {"--registry", "process"});
  EXPECT_THAT(process::run(named)->out, testing::Not(HasSubstr("is yours")));
}

TEST_F(RegistryChoiceLive, DistributionThreeIsStartedLikeTheDefault) {
  const auto path = run({"toolchain", "path", "registry"});
  if (path.exit.code != 0) GTEST_SKIP() << "no distribution v3 in the store: cacheproof toolchain install registry";
  const auto played = run({"run", write("plain.yaml", k_plain), "--registry", "v3"});
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
}

TEST_F(RegistryChoiceLive, WithoutAnEngineAContainerIsABrokenRigThatSaysWhatToDo) {
  auto blind = command({"run", write("plain.yaml", k_plain), "--registry", "container"});
  (*blind.environment)["DOCKER_HOST"] = "unix:///nowhere/docker.sock";
  const auto played = *process::run(blind);
  EXPECT_EQ(played.exit.code, 2) << played.out;
  EXPECT_THAT(played.err, HasSubstr("no Docker engine answers: "));
  EXPECT_THAT(played.err, HasSubstr("or take --registry=process"));
}

/// With the machine's engine, where one answers; all of its containers are looked at.
class RegistryContainerAlone : public ProgramTest {
protected:
  void SetUp() override {
    skip_without_root();
    const auto engine = docker({"version"});
    if (!engine || !engine->exit.ok()) GTEST_SKIP() << "no Docker engine answers here";
  }
  static util::Result<process::Finished> docker(std::vector<std::string> words) {
    words.insert(words.begin(), "docker");
    return process::run({std::move(words), {}, {}}, {.timeout = 30s});
  }
  static std::string containers() {
    return docker({"ps", "--all", "--quiet", "--filter", "label=cacheproof.sandbox"})->out;
  }
};

TEST_F(RegistryContainerAlone, IsFreshForEveryCaseAndLeavesNone) {
  const auto before = containers();
  write("scenarios/one.yaml", k_plain);
  write("scenarios/two.yaml", k_plain);
  for (const std::vector<std::string>& choice : {std::vector<std::string>{}, {"--registry", "container"}}) {
    std::vector<std::string> words{"run", "--buildkit", "v0.17.3,v0.34.2"}; // of the older one v3 refuses the cache
    words.insert(words.end(), choice.begin(), choice.end());
    const auto played = run(words);
    EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
    EXPECT_THAT(played.out,
                testing::ContainsRegex("registry: a container of cacheproof/registry:[0-9a-f]{12} on Docker [0-9.]+"));
    EXPECT_THAT(played.out, HasSubstr("4 passed"));
    EXPECT_EQ(containers(), before);
  }
}

TEST_F(RegistryContainerAlone, OfAKilledRunIsSweptWithTheOneAhead) {
  const auto before = containers();
  auto text = k_plain;
  replace(text, "    RUN mkdir", "    RUN sleep 20\n    RUN mkdir");
  write("scenarios/one.yaml", text);
  write("scenarios/two.yaml", text);
  auto played = process::Process::start(command({"run", "--jobs", "1"}));
  ASSERT_TRUE(played);
  const auto more = [&] { return util::lines(containers()).size() - util::lines(before).size(); };
  for (int i = 0; i < 300 && more() < 2; ++i) std::this_thread::sleep_for(100ms);
  EXPECT_EQ(more(), 2U) << "one of the case, one for the next";
  played->stop(SIGKILL);
  EXPECT_EQ(run({"clean"}).exit.code, 0);
  EXPECT_EQ(containers(), before);
}

TEST_F(RegistryContainerAlone, OfAnImageThatNobodyHasIsABrokenRig) {
  const auto played =
      run({"run", write("plain.yaml", k_plain), "--registry", "container:127.0.0.1:1/registry:3", "--offline"});
  EXPECT_EQ(played.exit.code, 2) << played.out;
  EXPECT_THAT(played.err, HasSubstr("does not have 127.0.0.1:1/registry:3, and --offline forbids to pull it"));
}

TEST_F(RegistryContainerAlone, ThatDoesNotStartIsAProcessByDefault) {
  auto engineless = command({"run", write("plain.yaml", k_plain)});
  write("bin/docker",
        "#!/bin/sh\n[ $1 != create ] || { echo no containers today >&2; exit 125; }\nexec "
            + process::find_program("docker").value().string() + " \"$@\"\n");
  fs::permissions(folder_.path() / "bin/docker", fs::perms(0755));
  auto& path = (*engineless.environment)["PATH"];
  path = (folder_.path() / "bin").string() + ":" + path;
  const auto played = *process::run(engineless);
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
  EXPECT_THAT(played.out, HasSubstr("docker-registry of this machine, as a process: no containers today"));
}

TEST_F(RegistryContainerAlone, ThatIsKilledBreaksTheRound) {
  const auto before = containers();
  auto text = k_plain;
  replace(text, "    RUN mkdir", "    RUN sleep 4.7183\n    RUN mkdir");
  const auto file = write("slow.yaml", text);
  auto playing = std::async(std::launch::async, [&] { return run({"run", file, "--registry", "container"}); });
  const process::Command sleeping{{"pgrep", "--full", "sleep 4[.]7183"}, {}, {}};
  while (playing.wait_for(100ms) == std::future_status::timeout)
    if (process::run(sleeping)->exit.ok())
      for (const auto& id : util::lines(containers()))
        if (before.find(id) == std::string::npos) docker({"kill", id});
  const auto played = playing.get();
  EXPECT_EQ(played.exit.code, 2) << played.out << played.err;
  EXPECT_THAT(played.out, HasSubstr("1 broken"));
  EXPECT_EQ(containers(), before);
}

TEST_F(RegistryChoiceLive, WithoutAnEngineTheDefaultIsAProcess) {
  auto blind = command({"run", write("plain.yaml", k_plain)});
  (*blind.environment)["DOCKER_HOST"] = "unix:///nowhere/docker.sock";
  const auto played = *process::run(blind);
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
  EXPECT_THAT(played.out, HasSubstr("registry: " + registry_ + " of this machine, as a process: "));
}

TEST_F(RegistryChoiceLive, AnythingElseIsWrongUsage) {
  for (const auto* choice :
       {"podman", "http://registry.example:5000", "https://127.0.0.1:5000", "http://127.0.0.1/a"}) {
    const auto played = run({"run", write("plain.yaml", k_plain), "--registry", choice});
    EXPECT_EQ(played.exit.code, 64) << choice;
    EXPECT_THAT(played.err, HasSubstr(std::string("--registry=") + choice + " is no registry"));
  }
}

} // namespace
} // namespace cacheproof
