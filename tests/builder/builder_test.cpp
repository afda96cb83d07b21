#include "builder/builder.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>

namespace cacheproof::builder {
namespace {

using namespace std::chrono_literals;

TEST(Driver, IsCalledByItsName) {
  EXPECT_EQ(parse_driver("buildctl"), Driver::buildctl);
  EXPECT_EQ(parse_driver("buildx"), Driver::buildx);
  EXPECT_EQ(parse_driver("docker buildx"), std::nullopt);
}

/// A client that does what a script says; $REF is the ref file.
class Build : public testing::Test {
protected:
  util::Result<BuildRun> play(const std::string& script, const process::RunOptions& options = {}) {
    const auto client = folder_.path() / "client";
    EXPECT_TRUE(util::write_text(client, "#!/bin/sh\nfor REF; do :; done\n" + script + "\n"));
    std::filesystem::permissions(client, std::filesystem::perms::owner_all);
    return build({.program = client},
                 "A",
                 {.context = "/ctx", .environment = {{"PATH", "/usr/bin:/bin"}, {"X", "y"}}, .scratch = scratch_},
                 options);
  }

  util::TempDir folder_ = *util::TempDir::create();
  std::filesystem::path scratch_ = folder_.path() / "build";
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

TEST_F(Build, FindsItsTextsInTheScratchFolderAndNothingOfAnEarlierBuild) {
  ASSERT_TRUE(util::make_directories(scratch_ / "output"));
  ASSERT_TRUE(util::write_text(scratch_ / "output/earlier", ""));
  const auto client = folder_.path() / "client";
  ASSERT_TRUE(
      util::write_text(client, "#!/bin/sh\ncd " + scratch_.string() + "; find . -type f | sort; cat secret-0\n"));
  std::filesystem::permissions(client, std::filesystem::perms::owner_all);
  const auto run = build({.program = client},
                         "A",
                         {.context = "/ctx",
                          .dockerfile_text = "FROM scratch",
                          .secrets = {{"id=a", "top secret"}},
                          .output = {"type=tar,dest=deep/a.tar", "type=tar,Dest=other/b.tar"},
                          .environment = {{"PATH", "/usr/bin:/bin"}},
                          .scratch = scratch_});
  ASSERT_TRUE(run) << util::to_text(run.error());
  EXPECT_EQ(run->log, "./dockerfile/Dockerfile\n./secret-0\ntop secret");
  EXPECT_TRUE(std::filesystem::is_directory(scratch_ / "output/deep"));
  EXPECT_TRUE(std::filesystem::is_directory(scratch_ / "output/other"));
}

TEST_F(Build, ShowsNoValueThatASecretIsReadFrom) {
  const BuildRequest request{
      .context = "/ctx",
      .secrets = {{"id=a,env=TOKEN", {}}, {"id=BARE", {}}, {"type=env,id=b,src=OTHER", {}}},
      .environment = {{"PATH", "/bin"}, {"TOKEN", "the token"}, {"BARE", "s2"}, {"OTHER", "s3"}, {"X", "y"}},
      .scratch = scratch_};
  const auto run = build({.program = "/bin/true"}, "A", request);
  ASSERT_TRUE(run) << util::to_text(run.error());
  EXPECT_TRUE(run->command_line.starts_with("env -i 'BARE=***' 'OTHER=***' PATH=/bin 'TOKEN=***' X=y /bin/true "))
      << run->command_line;
  const auto none = build({.program = "/no/buildctl"}, "A", request);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().tried.find("the token"), std::string::npos) << none.error().tried;
}

TEST_F(Build, HasNoRefWhereTheClientWroteNoneNotEvenAnEarlierOne) {
  ASSERT_TRUE(util::make_directories(scratch_));
  ASSERT_TRUE(util::write_text(scratch_ / "ref", "earlier"));
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
  const auto run = build({.program = "/no/buildctl"}, "A", {.context = "/ctx", .scratch = scratch_});
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().what, "cannot start /no/buildctl: No such file or directory");
}

} // namespace
} // namespace cacheproof::builder
