#include "builder/buildctl.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace cacheproof::builder {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> words(const BuildRequest& request) {
  return buildctl_command("/bk/buildctl", "unix:///s.sock", request, "/s/ref").argv;
}

TEST(BuildctlCommand, OfASmallRequest) {
  EXPECT_EQ(words({.context = "/ctx"}),
            (std::vector<std::string>{"/bk/buildctl",
                                      "--addr",
                                      "unix:///s.sock",
                                      "build",
                                      "--progress=plain",
                                      "--frontend",
                                      "dockerfile.v0",
                                      "--local",
                                      "context=/ctx",
                                      "--local",
                                      "dockerfile=/ctx",
                                      "--opt",
                                      "filename=Dockerfile",
                                      "--ref-file",
                                      "/s/ref"}));
}

TEST(BuildctlCommand, OfAWholeRequestLeavesCacheAttributesUntouched) {
  const auto command = buildctl_command("buildctl",
                                        "A",
                                        {.context = "/ctx",
                                         .dockerfile = "docker/Dockerfile",
                                         .target = "build",
                                         .args = {{"Z", "1,2"}, {"A", ""}},
                                         .cache_from = {"127.0.0.1:5000/cache:x"},
                                         .cache_to = {"type=registry,ref=127.0.0.1:5000/cache:x,mod=max,Odd= y"},
                                         .no_cache = true,
                                         .environment = {{"HOME", "/h"}}},
                                        "R");
  EXPECT_EQ(process::to_line(command),
            "env -i HOME=/h buildctl --addr A build --progress=plain --frontend dockerfile.v0 --local context=/ctx "
            "--local dockerfile=/ctx --opt filename=docker/Dockerfile --opt target=build --opt build-arg:Z=1,2 "
            "--opt build-arg:A= --opt no-cache= --import-cache type=registry,ref=127.0.0.1:5000/cache:x "
            "--export-cache 'type=registry,ref=127.0.0.1:5000/cache:x,mod=max,Odd= y' --ref-file R");
}

TEST(BuildctlCommand, SendsADockerfileOutsideTheContextFromItsOwnFolder) {
  const auto argv = words({.context = "/a/ctx", .dockerfile = "../docker/x.Dockerfile"});
  EXPECT_EQ(argv[10], "dockerfile=/a/docker");
  EXPECT_EQ(argv[12], "filename=x.Dockerfile");
}

/// A client that does what a script says; $REF is the ref file.
class Build : public testing::Test {
protected:
  util::Result<BuildRun> play(const std::string& script, const process::RunOptions& options = {}) {
    const auto client = folder_.path() / "client";
    EXPECT_TRUE(util::write_text(client, "#!/bin/sh\nfor REF; do :; done\n" + script + "\n"));
    std::filesystem::permissions(client, std::filesystem::perms::owner_all);
    return build(
        client, "A", {.context = "/ctx", .environment = {{"PATH", "/usr/bin:/bin"}, {"X", "y"}}}, ref_, options);
  }

  util::TempDir folder_ = *util::TempDir::create();
  std::filesystem::path ref_ = folder_.path() / "ref";
};

TEST_F(Build, ReturnsWhatTheClientLeft) {
  std::string seen;
  const auto run = play("echo one; echo two >&2; echo abc > $REF; exit 3",
                        {.on_output = [&](std::string_view piece) { seen += piece; }});
  ASSERT_TRUE(run) << util::to_text(run.error());
  EXPECT_EQ(run->exit, (process::Exit{.code = 3}));
  EXPECT_EQ(run->log.size(), 8u);
  EXPECT_EQ(run->log, seen);
  EXPECT_EQ(run->ref, "abc");
  EXPECT_EQ(run->command_line.substr(0, 7), "env -i ");
  EXPECT_FALSE(run->timed_out || run->interrupted);
}

TEST_F(Build, HasNoRefWhereTheClientWroteNoneNotEvenAnEarlierOne) {
  ASSERT_TRUE(util::write_text(ref_, "earlier"));
  const auto run = play("exit 0");
  ASSERT_TRUE(run);
  EXPECT_EQ(run->ref, "");
}

TEST_F(Build, GivesTheClientOnlyTheEnvironmentOfTheRequest) {
  setenv("BUILDKIT_HOST", "elsewhere", 1);
  const auto run = play("env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD= | sort");
  unsetenv("BUILDKIT_HOST");
  ASSERT_TRUE(run);
  EXPECT_EQ(run->log, "PATH=/usr/bin:/bin\nX=y\n");
}

TEST_F(Build, TellsATimeoutFromAnInterruption) {
  const auto late = play("exec sleep 1000", {.timeout = 100ms});
  ASSERT_TRUE(late);
  EXPECT_TRUE(late->timed_out);
  EXPECT_FALSE(late->interrupted);
  std::stop_source source;
  source.request_stop();
  const auto stopped = play("exec sleep 1000", {.stop = source.get_token()});
  ASSERT_TRUE(stopped);
  EXPECT_FALSE(stopped->timed_out);
  EXPECT_TRUE(stopped->interrupted);
}

TEST_F(Build, IsAnErrorWithoutAClient) {
  const auto run = build("/no/buildctl", "A", {.context = "/ctx"}, ref_);
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().what, "cannot start /no/buildctl: No such file or directory");
}

} // namespace
} // namespace cacheproof::builder
