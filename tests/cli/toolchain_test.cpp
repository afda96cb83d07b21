// Toolchains as users install them: real processes, real file systems, a release host of our own.
#include "cli/program_fixture.hpp"
#include "http/server.hpp"
#include "toolchain/release_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <mutex>
#include <thread>

namespace cacheproof {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class ToolchainProgram : public ProgramTest {
protected:
  /// The program with an empty store, a go that has nothing, and the release host of the test.
  process::Command with_store(std::vector<std::string> arguments) const {
    auto all = command(std::move(arguments));
    (*all.environment)["CACHEPROOF_STORE"] = store_.string();
    (*all.environment)["CACHEPROOF_RELEASES_URL"] = server_.url();
    (*all.environment)["CACHEPROOF_DOCKER_HUB_URL"] = "http://127.0.0.1:1"; // nobody listens
    (*all.environment)["GOPROXY"] = "off";
    (*all.environment)["GOFLAGS"] = "-mod=mod";
    (*all.environment)["GOMODCACHE"] = (folder_.path() / "go").string();
    return all;
  }
  process::Command toolchain(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "toolchain");
    return with_store(std::move(arguments));
  }
  process::Finished run_toolchain(std::vector<std::string> arguments) const {
    return process::run(toolchain(std::move(arguments)), {.timeout = 1min}).value();
  }
  /// The same below a mount that is gone when the command ends; `%` stands for the store.
  process::Finished run_mounted(std::string mount, std::vector<std::string> arguments) const {
    return below(std::move(mount), toolchain(std::move(arguments)));
  }
  process::Finished below(std::string mount, process::Command all) const {
    for (auto at = mount.find('%'); at != mount.npos; at = mount.find('%')) mount.replace(at, 1, store_.string());
    all.argv.insert(all.argv.begin(), {"unshare", "--mount", "sh", "-ec", mount + "; exec \"$@\"", "sh"});
    return process::run(all, {.timeout = 1min}).value();
  }
  /// What the server answers, and how often it was asked, belong to its threads too.
  template <class Use> auto with_server(Use use) {
    const std::lock_guard lock(mutex_);
    return use();
  }
  /// What is in the store besides the folder of a kind.
  std::vector<std::string> left_over() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(store_))
      if (entry.path().filename() != "buildkit") names.push_back(entry.path().filename());
    return names;
  }

  fs::path store_ = folder_.path() / "store";
  std::mutex mutex_;
  int asked_ = 0;
  int knocks_ = 0; ///< questions whether somebody is there
  http::Answer answer_{.body = toolchain::release()};
  http::Server server_ = std::move(*http::Server::start([this](const http::Received& received) {
    const std::lock_guard lock(mutex_);
    ++(received.method == "HEAD" ? knocks_ : asked_);
    if (received.method == "HEAD") return http::Answer{};
    return answer_;
  }));
};

TEST_F(ToolchainProgram, InstallsVerifiesAndRemoves) {
  const auto installed = run_toolchain({"install", "0.34.2"});
  EXPECT_EQ(installed.exit.code, 0) << installed.out << installed.err;
  const auto bin = (store_ / "buildkit" / "v0.34.2" / "bin").string();
  EXPECT_THAT(installed.out, HasSubstr("buildkit v0.34.2 is installed: " + bin + "\n"));
  EXPECT_EQ(run_toolchain({"path", "v0.34.2"}).out, bin + "\n");
  EXPECT_EQ(run_toolchain({"verify"}).out, "buildkit v0.34.2 is, byte for byte, what was installed\n");
  EXPECT_THAT(run_toolchain({"list"}).out, HasSubstr("buildkit  v0.34.2      installed"));
  EXPECT_THAT(run_toolchain({"install", "0.34.2"}).out,
              HasSubstr("BuildKit v0.34.2: from the store (" + server_.url()));
  EXPECT_THAT(run_toolchain({"remove", ">=0.30"}).out, HasSubstr("buildkit v0.34.2 is removed\nstore: "));
  EXPECT_EQ(run_toolchain({"path", "v0.34.2"}).exit.code, 2);
}

TEST_F(ToolchainProgram, PutsRightWhatHasRotted) {
  ASSERT_EQ(run_toolchain({"install", "v0.34.2"}).exit.code, 0);
  const auto program = store_ / "buildkit" / "v0.34.2" / "bin" / "buildctl";
  fs::permissions(program, fs::perms(0755));
  ASSERT_TRUE(util::write_text(program, "#!/bin/SH\n"));
  fs::permissions(program, fs::perms(0755));
  const auto rotten = run_toolchain({"verify"});
  EXPECT_EQ(rotten.exit.code, 2);
  EXPECT_THAT(rotten.err, HasSubstr("BuildKit v0.34.2 in the store is damaged: buildctl has the sha256 "));
  EXPECT_THAT(rotten.err, HasSubstr("to do: cacheproof toolchain install v0.34.2"));
  EXPECT_EQ(run_toolchain({"install", "v0.34.2"}).exit.code, 0);
  EXPECT_EQ(run_toolchain({"verify"}).exit.code, 0);
}

TEST_F(ToolchainProgram, RefusesARangeThatHasNoPinnedVersion) {
  const auto finished = run_toolchain({"install", ">=0.29 <0.30"});
  EXPECT_EQ(finished.exit.code, 64);
  EXPECT_THAT(finished.err, HasSubstr("no version is in the range '>=0.29 <0.30'"));
  EXPECT_THAT(finished.err, HasSubstr("there are: v0.11.6, v0.12.5, "));
}

TEST_F(ToolchainProgram, TwoInstallersAtOnceDoTheWorkOnce) {
  with_server([&] { answer_.delay = 500ms; });
  process::Finished one;
  {
    const std::jthread other([&] { one = run_toolchain({"install", "v0.34.2"}); });
    const auto two = run_toolchain({"install", "v0.34.2"});
    EXPECT_EQ(two.exit.code, 0) << two.err;
  }
  EXPECT_EQ(one.exit.code, 0) << one.err;
  EXPECT_EQ(with_server([&] { return asked_; }), 1);
  EXPECT_TRUE(left_over().empty());
}

TEST_F(ToolchainProgram, AKilledInstallIsNeverSeenAndSweptByTheNext) {
  with_server([&] { answer_.hang = true; });
  {
    auto killed = process::Process::start(toolchain({"install", "v0.34.2"})).value();
    const auto works = [&] { return fs::exists(store_) && !left_over().empty(); };
    for (int i = 0; i < 1000 && !works(); ++i) std::this_thread::sleep_for(10ms);
    ASSERT_TRUE(works());
    kill(killed.pid(), SIGKILL);
  }
  EXPECT_EQ(left_over().size(), 1U);
  EXPECT_EQ(run_toolchain({"path", "v0.34.2"}).exit.code, 2);
  with_server([&] { answer_.hang = false; });
  EXPECT_EQ(run_toolchain({"install", "v0.34.2"}).exit.code, 0);
  EXPECT_TRUE(left_over().empty());
}

TEST_F(ToolchainProgram, AReadOnlyStoreIsUsedAndNotWritten) {
  skip_without_root();
  ASSERT_EQ(run_toolchain({"install", "v0.34.2"}).exit.code, 0);
  const auto read_only = "mount --bind % %; mount -o remount,bind,ro %";
  EXPECT_EQ(run_mounted(read_only, {"install", "v0.34.2"}).exit.code, 0) << "it is there";
  for (const auto& arguments : {std::vector<std::string>{"install", "v0.17.3"}, {"remove", "v0.34.2"}}) {
    const auto finished = run_mounted(read_only, arguments);
    EXPECT_EQ(finished.exit.code, 2) << arguments[0];
    EXPECT_THAT(finished.err, HasSubstr("Read-only file system")) << arguments[0];
    EXPECT_THAT(finished.err, HasSubstr("set CACHEPROOF_STORE to a folder that you may write")) << arguments[0];
  }
}

TEST_F(ToolchainProgram, ListsWhatEachSourceHasOrWhyItCannotBeAsked) {
  skip_without_root();
  write(
      "bin/go",
      "#!/bin/sh\ncase $1 in env) printf '%s\\n' go1.26.8 auto off ;; list) echo $4 v0.9.0 v0.35.0 v0.34.2 ;; esac\n");
  fs::permissions(folder_.path() / "bin" / "go", fs::perms(0755));
  auto all = toolchain({"list", "--available"});
  (*all.environment)["PATH"] = (folder_.path() / "bin").string() + ":" + (*all.environment)["PATH"];
  all.argv.insert(all.argv.begin(), {"unshare", "--net"}); // nobody outside is asked, with a network or without
  const auto finished = process::run(all, {.timeout = 1min}).value();
  EXPECT_EQ(finished.exit.code, 0) << finished.err;
  EXPECT_THAT(finished.out,
              testing::ContainsRegex("buildkit\n  pinned in docker/versions.yaml\n    v0.34.2 .*v0.11.6\n"
                                     "  release cannot be asked: no way out to api.github.com .*\n"
                                     "  Go module\n    v0.35.0 v0.34.2 v0.9.0\n"));
  EXPECT_THAT(finished.out,
              testing::ContainsRegex("frontend\n  pinned in docker/versions.yaml\n    v0.34.2\n  Go module\n"))
      << "no release has it";
}

TEST_F(ToolchainProgram, AnOfflineRunThatLacksOneAsksNobody) {
  skip_without_root();
  const auto file = write("plain.yaml", k_plain);
  const std::vector<std::pair<std::vector<std::string>, std::string>> lacks{
      {{"run", "--offline", file}, "BuildKit v0.34.2 is not in the store"},
      {{"run", "--offline", file, "--buildkit", "v0.20.0"}, "BuildKit v0.20.0 is not in the store"},
      {{"run", "--offline", file, "--registry", "v3"}, "registry v3.0.0 is not in the store"},
  };
  for (const auto& [arguments, words] : lacks) {
    const auto finished = process::run(with_store(arguments), {.timeout = 1min}).value();
    EXPECT_EQ(finished.exit.code, 2);
    EXPECT_THAT(finished.out, testing::Not(HasSubstr("to play")));
    EXPECT_THAT(finished.err, HasSubstr(words));
    EXPECT_THAT(finished.err, HasSubstr("to do: cacheproof toolchain install "));
  }
  EXPECT_EQ(with_server([&] { return asked_ + knocks_; }), 0);
}

TEST_F(ToolchainProgram, AFullDiskIsSaidWithWhatToDo) {
  skip_without_root();
  fs::create_directories(store_);
  std::string noise; // a program that does not fit, also packed
  for (unsigned i = 1; noise.size() < 500'000; i = i * 1664525U + 1013904223U) noise += static_cast<char>(i >> 24U);
  with_server([&] {
    answer_.body = toolchain::tarball({{"bin/buildkitd", toolchain::buildkitd("v0.34.2")}, {"bin/buildctl", noise}});
  });
  for (const auto& words : {toolchain({"install", "v0.34.2"}), with_store({"run", write("x.yaml", k_plain)})}) {
    const auto finished = below("mount -t tmpfs -o size=256k none %", words);
    EXPECT_EQ(finished.exit.code, 2);
    EXPECT_THAT(finished.err, HasSubstr("to do: make room in " + store_.string() + ", which has "));
  }
}

} // namespace
} // namespace cacheproof
