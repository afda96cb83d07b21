// Cases in a Docker engine that runs already: the tests', in the place of a user's.
#include "cli/program_fixture.hpp"
#include "sandbox/live.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <future>
#include <thread>

namespace cacheproof {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// One builder for both rounds, and no cache but its own. A tag that a second build took over would let 29.2.0 collect
/// the snapshots on which that build unpacks its image (seen twice in CI: "parent snapshot … does not exist").
const std::string k_kept = R"(title: Editing a source file does not install the packages again
files:
  Dockerfile: |
    FROM alpine AS app
    COPY packages.txt .
    RUN cp packages.txt installed
    COPY src src
  packages.txt: |
    left-pad 1.3.0
  src/main.js: |
    console.log("hello");
setup: {builder: kept, images: {alpine: busybox}}
rounds:
  - build: {output: ["type=image,name=${registry}/app:1,push=true"]}
    expect: {rebuilt: all}
  - edit: [{append: {path: src/main.js, text: "// edited\n"}}]
    expect: {rebuilt: [app 4]}
)";

class UsersEngineLive : public ProgramTest {
protected:
  void SetUp() override {
    std::string why_not;
    const auto engines = sandbox::test::engines(why_not);
    if (engines.empty()) GTEST_SKIP() << why_not;
    if (!process::find_program("docker")) GTEST_SKIP() << "no docker on the PATH";
    version_ = engines.back().version;
    if (version_ < "v25") GTEST_SKIP() << version_ << " cannot be told where base images are";
    auto opened = sandbox::Sandbox::open({.programs = engines.back().programs});
    ASSERT_TRUE(opened) << util::to_text(opened.error());
    sandbox_ = std::move(*opened);
    const auto daemon = sandbox_->fresh_daemon();
    ASSERT_TRUE(daemon) << util::to_text(daemon.error());
    address_ = (*daemon)->address();
  }
  void TearDown() override {
    if (sandbox_) {
      const auto closed = sandbox_->close();
      EXPECT_TRUE(closed) << util::to_text(closed.error());
    }
  }

  process::Command in_engine(const std::string& file, const std::string& driver, std::vector<std::string> more) const {
    std::vector<std::string> words{"run", file, "--driver", driver, "--registry", "process"};
    words.insert(words.end(), more.begin(), more.end());
    auto played = command(std::move(words));
    (*played.environment)["DOCKER_HOST"] = address_;
    return played;
  }
  process::Finished play(const std::string& file, const std::string& driver, std::vector<std::string> more) const {
    return *process::run(in_engine(file, driver, std::move(more)), {.timeout = 5min});
  }
  std::string docker(std::vector<std::string> words) const {
    words.insert(words.begin(), {"docker", "--host", address_});
    const auto finished = process::run({std::move(words), {}, {}}, {.timeout = 30s});
    return finished->out + finished->err;
  }
  /// What the engine has, by which a user would know it.
  std::string all() const {
    return docker({"ps", "--all", "--format", "{{.Names}}"}) + docker({"volume", "ls", "--quiet"})
           + docker({"image", "ls", "--all", "--format", "{{.Repository}}:{{.Tag}}"});
  }
  /// An image of the user's, without a registry.
  void give_image() const {
    write("image/Dockerfile", "FROM scratch\nCOPY sh /\n");
    std::filesystem::copy_file("/bin/busybox", folder_.path() / "image/sh");
    docker({"build", "--tag", "mine:1", (folder_.path() / "image").string()});
    ASSERT_THAT(all(), HasSubstr("mine:1"));
  }
  /// The first file of that name among what runs left.
  std::string left(const std::string& out, const std::string& name) const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path() / out))
      if (entry.path().filename() == name) return *util::read_text(entry.path());
    return {};
  }
  nlohmann::json evidence() const { return nlohmann::json::parse(left("cacheproof-out", "case.json")); }

  std::unique_ptr<sandbox::Sandbox> sandbox_;
  std::string version_;
  std::string address_;
};

TEST_F(UsersEngineLive, KeepsAllThatItHadAndIsNotSaidToHaveBeenClean) {
  give_image();
  const auto before = all();
  const auto file = write("kept.yaml", k_kept);
  for (int i = 0; i < 2; ++i) { // the second one meets the cache of the first
    const auto played = play(file, "docker", {"--engine", "host", "--out", fmt::format("out{}", i)});
    EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
    EXPECT_THAT(played.out,
                AllOf(HasSubstr("nothing of it is removed"),
                      HasSubstr("not proven"),
                      HasSubstr("docker@" + version_ + "+buildx"),
                      HasSubstr("+engine@host")));
  }
  EXPECT_EQ(all(), before);
  EXPECT_THAT(left("out0", "results.json"), HasSubstr("\"not_proven\": true"));
}

/// By size and time alone a daemon knows what a client has sent before (moby/buildkit#4817): another case is another
/// client, one after the other or beside it.
TEST_F(UsersEngineLive, IsSentWhatEachCaseHas) {
  for (const auto* name : {"one", "two"}) {
    auto text = k_kept;
    replace(text, "left-pad 1.3.0", std::string("named-") + name);
    replace(text, "expect: {rebuilt: all}", "expect: {rebuilt: all, status: ok}");
    replace(text, "RUN cp packages.txt installed", std::string("RUN grep named-") + name + " packages.txt");
    write(std::string("scenarios/") + name + ".yaml", text);
  }
  for (const auto* jobs : {"1", "2"}) {
    const auto played = play("scenarios", "docker", {"--engine", "host", "--jobs", jobs});
    EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
    EXPECT_THAT(played.out, HasSubstr("2 passed"));
  }
}

TEST_F(UsersEngineLive, ThatIsDisposableIsEmptiedBeforeEveryRound) {
  give_image();
  const auto file = write("plain.yaml", k_plain); // which has a fresh builder for each
  const auto played = play(file, "docker", {"--engine", "disposable"});
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
  EXPECT_THAT(played.out, AllOf(HasSubstr("is disposable"), Not(HasSubstr("not proven"))));
  EXPECT_THAT(all(), Not(HasSubstr("mine:1")));
  EXPECT_EQ(evidence().at("engine"), "disposable");
  EXPECT_EQ(evidence().at("clean").count("proven"), 0U);

  auto said = in_engine(file, "docker", {});
  (*said.environment)["CACHEPROOF_DISPOSABLE_ENGINE"] = "1";
  EXPECT_THAT(process::run(said, {.timeout = 5min})->out, HasSubstr("is disposable")) << "by the variable too";
}

TEST_F(UsersEngineLive, KeepsTheRegistriesOfCasesWhenItIsEmptied) {
  give_image();
  docker({"create", "--name", "idle", "mine:1", "/sh"});
  docker({"create", "--name", "registry", "--label", "cacheproof.sandbox=/nowhere", "mine:1", "/sh"});
  const auto played = play(write("plain.yaml", k_plain), "docker", {"--engine", "disposable"});
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
  EXPECT_THAT(all(), AllOf(Not(HasSubstr("idle")), HasSubstr("registry"), HasSubstr("mine:1")));
}

TEST_F(UsersEngineLive, ThatCannotBeEmptiedBreaksTheCase) {
  give_image();
  docker({"run", "--detach", "--network", "none", "mine:1", "/sh", "-c", "sleep 100"});
  const auto played = play(write("plain.yaml", k_plain), "docker", {"--engine", "disposable"});
  EXPECT_EQ(played.exit.code, 2) << played.out << played.err;
  EXPECT_THAT(played.out,
              AllOf(HasSubstr("the engine is not clean: after everything was pruned it still has the image sha256:"),
                    HasSubstr("end what uses it (`docker ps`)")));
}

TEST_F(UsersEngineLive, HasAContainerOfBuildKitForAsLongAsItIsNeeded) {
  give_image();
  const auto before = all();
  const auto file = write("plain.yaml", k_plain);
  const auto played = play(file, "docker-container", {"--engine", "host", "--verify-results"}); // in two of them
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
  EXPECT_THAT(played.out, AllOf(HasSubstr("gets containers of BuildKit"), Not(HasSubstr("not proven"))));
  EXPECT_EQ(all(), before);
}

TEST_F(UsersEngineLive, IsSweptAfterARunThatWasKilled) {
  const auto before = all();
  auto text = k_plain;
  replace(text, "    RUN mkdir", "    RUN sleep 20\n    RUN mkdir");
  const auto file = write("slow.yaml", text);
  auto played = process::Process::start(in_engine(file, "docker-container", {"--engine", "host"}));
  ASSERT_TRUE(played);
  const auto contained = [&] { return all().find("buildx_buildkit_cacheproof-") != std::string::npos; };
  for (int i = 0; i < 300 && !contained(); ++i) std::this_thread::sleep_for(100ms);
  EXPECT_TRUE(contained());
  played->stop(SIGKILL);
  EXPECT_THAT(run({"clean"}).out, HasSubstr("removed container buildx_buildkit_cacheproof-"));
  EXPECT_EQ(all(), before);
}

TEST_F(UsersEngineLive, ThatEndsBreaksTheRound) {
  auto text = k_kept;
  replace(text, "    RUN cp", "    RUN sleep 21.7183\n    RUN cp");
  const auto file = write("slow.yaml", text);
  auto playing = std::async(std::launch::async, [&] { return play(file, "docker", {"--engine", "host"}); });
  const process::Command sleeping{{"pgrep", "--exact", "--full", "sleep 21[.]7183"}, {}, {}};
  for (int i = 0; i < 300 && !process::run(sleeping)->exit.ok(); ++i) std::this_thread::sleep_for(100ms);
  ASSERT_TRUE(sandbox::test::kill_process(*sandbox_, "dockerd"));
  const auto played = playing.get();
  EXPECT_EQ(played.exit.code, 2) << played.out << played.err;
  EXPECT_THAT(played.out, AllOf(HasSubstr("1 broken"), HasSubstr("your Docker engine died during the build")));
}

TEST_F(UsersEngineLive, IsNotEmptiedWhileAnotherRunHasIt) {
  auto text = k_kept;
  replace(text, "    RUN cp", "    RUN sleep 3\n    RUN cp");
  replace(text, "[app 4]", "[app 5]");
  const auto slow = write("slow.yaml", text);
  auto playing = std::async(std::launch::async, [&] {
    return play(slow, "docker", {"--engine", "host", "--out", "slow-out"});
  });
  for (int i = 0; i < 300 && !std::filesystem::exists(folder_.path() / "slow-out"); ++i)
    std::this_thread::sleep_for(10ms);
  const auto wiped = play(write("plain.yaml", k_plain), "docker", {"--engine", "disposable"});
  EXPECT_EQ(wiped.exit.code, 0) << wiped.out << wiped.err;
  EXPECT_THAT(wiped.out, HasSubstr("another run has the Docker engine: waiting for its end"));
  const auto played = playing.get();
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
}

TEST_F(UsersEngineLive, IsTheVersionThatItIs) {
  const auto file = write("plain.yaml", k_plain);
  const auto played = play(file, "docker", {"--engine", "host", "--docker", "v20.10.24"});
  EXPECT_EQ(played.exit.code, 64);
  EXPECT_THAT(played.err, HasSubstr("your Docker engine is " + version_ + ", and --docker names v20.10.24"));
  EXPECT_EQ(play(file, "docker", {"--engine", "disposable", "--docker", "v20.10.24,>=25"}).exit.code, 0);
}

class UsersEngineChoice : public ProgramTest {
protected:
  process::Finished asked(std::vector<std::string> words, const std::string& host) const {
    auto what = command(std::move(words));
    (*what.environment)["DOCKER_HOST"] = host;
    (*what.environment)["CACHEPROOF_DISPOSABLE_ENGINE"] = "1";
    return *process::run(what, {.timeout = 1min});
  }
};

TEST_F(UsersEngineChoice, IsOfDriversThatNeedAnEngine) {
  const auto file = write("plain.yaml", k_plain);
  const auto played = run({"list", file, "--engine", "host"});
  EXPECT_EQ(played.exit.code, 64);
  EXPECT_THAT(played.err, HasSubstr("--engine names an engine that nothing would be built in"));
  EXPECT_EQ(asked({"list", file}, "unix:///nowhere").exit.code, 0) << "a variable is no word about other drivers";
  EXPECT_EQ(asked({"list", file, "--driver", "docker", "--engine", "own"}, "unix:///nowhere").exit.code, 0);
  EXPECT_EQ(asked({"matrix", "--github", file, "--driver", "docker"}, "unix:///nowhere").exit.code, 0);
  EXPECT_EQ(run({"matrix", "--github", file, "--driver", "docker", "--engine", "host"}).exit.code, 64);
  auto vague = command({"list", file, "--driver", "docker"});
  (*vague.environment)["CACHEPROOF_DISPOSABLE_ENGINE"] = "true";
  EXPECT_THAT(process::run(vague)->err, HasSubstr("CACHEPROOF_DISPOSABLE_ENGINE=true is no answer"));
}

TEST_F(UsersEngineChoice, ThatIsNotThereOrElsewhereIsSaid) {
  if (!process::find_program("docker")) GTEST_SKIP() << "no docker on the PATH";
  const auto file = write("plain.yaml", k_plain);
  const auto dead = asked({"list", file, "--driver", "docker"}, "unix:///nowhere/docker.sock");
  EXPECT_EQ(dead.exit.code, 2);
  EXPECT_THAT(dead.err, AllOf(HasSubstr("no Docker engine answers"), HasSubstr("take cacheproof's own: --engine=own")));
  const auto far = asked({"list", file, "--driver", "docker"}, "tcp://127.0.0.1:1");
  EXPECT_EQ(far.exit.code, 2);
  EXPECT_THAT(far.err, HasSubstr("the Docker engine is at tcp://127.0.0.1:1, which is not on this machine"));
}

} // namespace
} // namespace cacheproof
