#include "toolchain/fixture.hpp"
#include "toolchain/pins.hpp"
#include "toolchain/programs.hpp"
#include "toolchain/sources.hpp"
#include "toolchain/store.hpp"
#include "util/hash.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

namespace cacheproof::toolchain {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;

class Toolchain : public ToolchainTest {};

TEST_F(Toolchain, InstallsTheTwoProgramsOfAReleaseAndRecordsTheirOrigin) {
  const auto kit = install_with(false, "0.34.2");
  ASSERT_TRUE(kit) << util::to_text(kit.error());
  const auto folder = store_ / "buildkit" / "v0.34.2";
  EXPECT_EQ(kit->version, "v0.34.2");
  EXPECT_EQ(kit->program("buildctl"), folder / "bin" / "buildctl");
  EXPECT_EQ(kit->source, server_.url() + asked_.at(0));
  EXPECT_THAT(asked_.at(0), testing::MatchesRegex("/v0.34.2/buildkit-v0.34.2.linux-[a-z0-9_]+.tar.gz"));
  const auto json = nlohmann::json::parse(*util::read_text(folder / "toolchain.json"));
  EXPECT_EQ(json["digest"], util::sha256_digest(answer_.body));
  EXPECT_EQ(json["said"], "buildkitd github.com/moby/buildkit v0.34.2 0123456789abcdef");
  EXPECT_FALSE(fs::exists(folder / "bin" / "buildkit-runc"));
  EXPECT_FALSE(fs::exists(store_ / "escaped"));
  EXPECT_EQ(left_over(), std::vector<std::string>{});
}

TEST_F(Toolchain, TakesAReleaseThatIsTheProgramItself) {
  answer_.body = "#!/bin/sh\n[ \"$1\" = version ] && echo github.com/docker/buildx v0.36.1 0123456789abcdef\n";
  const auto kit = install_with(false, "v0.36.1", Kind::buildx);
  ASSERT_TRUE(kit) << util::to_text(kit.error());
  EXPECT_EQ(kit->program("buildx"), store_ / "buildx" / "v0.36.1" / "bin" / "buildx");
  EXPECT_THAT(asked_.at(0), testing::MatchesRegex("/v0.36.1/buildx-v0.36.1.linux-[a-z0-9_]+"));
  EXPECT_EQ(find(Kind::buildx, "v0.36.1"), *kit);
  EXPECT_FALSE(find(Kind::buildkit, "v0.36.1"));
}

TEST_F(Toolchain, TakesTheRegistryThatLeavesTheVOut) {
  answer_.body =
      tarball({{"registry", "#!/bin/sh\necho $0 github.com/distribution/distribution/v3 3.0.0\n"}, {"LICENSE", "x"}});
  const auto kit = install_with(false, "v3.0.0", Kind::registry);
  ASSERT_TRUE(kit) << util::to_text(kit.error());
  EXPECT_TRUE(fs::exists(kit->program("registry")));
  EXPECT_THAT(asked_.at(0), testing::MatchesRegex("/v3.0.0/registry_3.0.0_linux_[a-z0-9_]+.tar.gz"));
}

TEST_F(Toolchain, AsksNobodyForAVersionThatTheStoreHas) {
  ASSERT_TRUE(install_with(false));
  asked_.clear();
  said_.clear();
  EXPECT_EQ(*install_with(false), *find(Kind::buildkit, "v0.34.2"));
  EXPECT_TRUE(asked_.empty());
  EXPECT_TRUE(said_.empty());
}

TEST_F(Toolchain, FollowsTheRedirectOfAReleaseHost) {
  answer_ = {.status = 302, .headers = {{"Location", "/elsewhere"}}};
  EXPECT_TRUE(install_with(false));
}

TEST_F(Toolchain, TakesTheMirrorOfTheEnvironment) {
  setenv("CACHEPROOF_RELEASES_URL", (server_.url() + "/mirror/").c_str(), 1);
  EXPECT_TRUE(install(
      Kind::buildkit,
      "v0.34.2",
      {.say = {}, .stop = {}, .sources = {.release = true, .image = false, .module = false}, .releases_url = {}}));
  unsetenv("CACHEPROOF_RELEASES_URL");
  EXPECT_THAT(asked_.at(0), testing::StartsWith("/mirror/v0.34.2/"));
}

TEST_F(Toolchain, LeavesNothingOfAReleaseThatIsNotWhole) {
  const std::vector<std::pair<http::Answer, std::string>> spoilt{
      {{.status = 404}, "status 404"},
      {{.body = release(), .break_after = 100}, "the release did not work"},
      {{.body = "garbage"}, "it is no tarball"},
      {{.body = release().substr(0, 150)}, "the release did not work"},
      {{.body = tarball({{"bin/buildkitd", buildkitd("v0.34.2")}})}, "it has no bin/buildctl"},
      {{.body = release("v0.33.0")}, "v0.33.0 0123456789abcdef' where v0.34.2 was expected"},
  };
  for (const auto& [answer, words] : spoilt) {
    answer_ = answer;
    const auto kit = install_with(false);
    ASSERT_FALSE(kit) << words;
    EXPECT_EQ(kit.error().what, "BuildKit v0.34.2 cannot be had");
    EXPECT_THAT(kit.error().tried, HasSubstr(words));
    EXPECT_THAT(kit.error().remedy, HasSubstr("--buildkit=path:DIR"));
    EXPECT_FALSE(find(Kind::buildkit, "v0.34.2"));
    EXPECT_EQ(left_over(), std::vector<std::string>{});
  }
}

TEST_F(Toolchain, SuggestsTheNearestPinnedVersion) {
  for (const auto& [word, remedy] : {std::pair("v0.34.x", "did you mean v0.34.2?"), {"newest", "e.g. v0.34.2"}}) {
    const auto kit = install(Kind::buildkit, word);
    ASSERT_FALSE(kit) << word;
    EXPECT_EQ(util::to_text(kit.error()), "'" + std::string(word) + "' is no version\n  to do: " + remedy);
  }
  answer_ = {.status = 404};
  const auto kit = install(Kind::buildkit,
                           "v0.34.22",
                           {.say = {},
                            .stop = {},
                            .sources = {.release = true, .image = false, .module = false},
                            .releases_url = server_.url()});
  ASSERT_FALSE(kit);
  EXPECT_THAT(kit.error().remedy, testing::StartsWith("did you mean v0.34.2? Else "));
}

TEST_F(Toolchain, RefusesAReleaseThatIsNotTheOneThatWasPinned) {
  const Options options{.say = {}, .stop = {}, .sources = {}, .releases_url = server_.url()};
  const auto work = folder_.path() / "work";
  const auto digest = util::sha256_digest(answer_.body);
  EXPECT_TRUE(fetch_release({recipe(Kind::buildkit), "v0.34.2", {.release = digest, .module = {}}}, work, options));
  const auto other = "sha256:" + std::string(64, '0');
  const auto refused =
      fetch_release({recipe(Kind::buildkit), "v0.34.2", {.release = other, .module = {}}}, work, options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, "it has the digest " + digest + " where docker/versions.yaml has " + other);
}

TEST_F(Toolchain, TriesTheModuleWhereTheReleaseHostNeverAnswers) {
  answer_ = {.hang = true};
  patience_ = 200ms;
  fake_go("go1.19.8");
  const auto kit = install_with(true);
  ASSERT_FALSE(kit);
  EXPECT_THAT(
      kit.error().tried,
      testing::ContainsRegex("no way out to 127.0.0.1:[0-9]+ .no answer within 0.[0-9] s.: without the release"));
  EXPECT_THAT(kit.error().tried, HasSubstr("the Go module did not work"));
  EXPECT_THAT(said_, Contains("BuildKit v0.34.2: trying the Go module"));
}

TEST_F(Toolchain, EndsWhenAStopIsRequestedMeanwhile) {
  answer_ = {.hang = true};
  const std::jthread later([this] {
    std::this_thread::sleep_for(100ms);
    stop_.request_stop();
  });
  const auto kit = install_with(true);
  ASSERT_FALSE(kit);
  EXPECT_EQ(kit.error().blame, util::Blame::interrupted);
  EXPECT_EQ(left_over(), std::vector<std::string>{});
}

TEST_F(Toolchain, DoesTheWorkOnceForTwoWhoWantIt) {
  answer_.delay = 300ms;
  util::Result<Kit> first = util::failure("");
  util::Result<Kit> second = util::failure("");
  {
    const std::jthread one([&] { first = install_with(false); });
    const std::jthread two([&] { second = install_with(false); });
  }
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(asked_.size(), 1U);
  EXPECT_THAT(said_, Contains("BuildKit v0.34.2: waiting for another cacheproof that installs or uses it"));
}

TEST_F(Toolchain, SweepsWhatAKilledInstallLeft) {
  fs::create_directories(store_ / "tmp-buildkit-v0.34.2@dead00" / "bin");
  fs::create_directories(store_ / "tmp-buildkit-v0.17.3@alive0");
  fs::create_directories(store_ / "tmp-buildkit-v0.34.2-rc1@alive0");
  ASSERT_TRUE(install_with(false));
  EXPECT_THAT(left_over(),
              testing::UnorderedElementsAre("tmp-buildkit-v0.17.3@alive0", "tmp-buildkit-v0.34.2-rc1@alive0"));
}

TEST_F(Toolchain, SaysWhatToDoAboutAStoreThatCannotBeWritten) {
  ASSERT_TRUE(util::write_text(store_, "a file in the way"));
  const auto kit = install_with(false);
  ASSERT_FALSE(kit);
  EXPECT_THAT(kit.error().remedy, HasSubstr("set CACHEPROOF_STORE to a folder that you may write"));
}

TEST_F(Toolchain, RefusesWhatIsNoVersion) {
  for (const auto* text : {"../../etc", "latest", ""}) {
    const auto kit = install_with(false, text);
    ASSERT_FALSE(kit) << text;
    EXPECT_EQ(kit.error().blame, util::Blame::usage);
  }
}

/// Answers as go 1.26 does for `mod download -json` and `build`; the module lies in FOLDER/module.
std::string go_script(const fs::path& folder) {
  return "if [ \"$1 $2\" = 'mod download' ]; then printf '{\\n\\t\"Path\": \"github.com/moby/buildkit\",\\n"
         "\\t\"Dir\": \""
         + (folder / "module").string() + "\",\\n\\t\"Sum\": \"" + pinned_digests(Kind::buildkit, "v0.34.2").module
         + "\"\\n}\\n'; exit; fi\n"
           "echo \"$PWD $*\" > "
         + (folder / "built").string()
         + "\n"
           "while [ $# -gt 0 ]; do [ \"$1\" = -o ] && out=$2; shift; done\n"
           "for program in buildkitd buildctl dockerfile-frontend; do cp buildkitd.sh ${out}$program; done\n";
}

TEST_F(Toolchain, BuildsTheModuleInAWritableCopy) {
  answer_ = {.status = 404};
  fake_go("go1.26.8", go_script(folder_.path()));
  program(folder_.path() / "module" / "buildkitd.sh", buildkitd("v0.34.2"));
  ASSERT_TRUE(util::write_text(folder_.path() / "module" / "go.mod", "module x\n\ngo 1.26.8\n"));
  fs::permissions(folder_.path() / "module", fs::perms(0555));
  const auto kit = install_with(true);
  fs::permissions(folder_.path() / "module", fs::perms(0755));
  ASSERT_TRUE(kit) << util::to_text(kit.error());
  EXPECT_EQ(kit->source, "module github.com/moby/buildkit@v0.34.2");
  const auto built = *util::read_text(folder_.path() / "built");
  EXPECT_THAT(built, HasSubstr("-X github.com/moby/buildkit/version.Version=v0.34.2"));
  EXPECT_THAT(built, HasSubstr((store_ / "tmp-buildkit-v0.34.2@").string()));
  EXPECT_FALSE(fs::exists(store_ / "buildkit" / "v0.34.2" / "source"));
}

TEST_F(Toolchain, TakesTheFrontendFromTheModuleOnly) {
  image_ = true;
  fake_go("go1.26.8", go_script(folder_.path()));
  program(folder_.path() / "module" / "buildkitd.sh", buildkitd("v0.34.2"));
  ASSERT_TRUE(util::write_text(folder_.path() / "module" / "go.mod", "module x\n\ngo 1.26.8\n"));
  const auto none = install_with(false, "v0.34.2", Kind::frontend);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().remedy, testing::StartsWith("one of: a go of at least 1.21"));
  const auto kit = install_with(true, "v0.34.2", Kind::frontend);
  ASSERT_TRUE(kit) << util::to_text(kit.error());
  EXPECT_TRUE(fs::exists(kit->program("dockerfile-frontend")));
  EXPECT_TRUE(asked_.empty());
  EXPECT_THAT(said_, testing::Not(Contains(HasSubstr("no way out"))));
}

TEST_F(Toolchain, RefusesAGoThatIsTooOld) {
  answer_ = {.status = 404};
  fake_go("go1.19.8", "exit 1\n", "");
  EXPECT_THAT(install_with(true).error().tried, HasSubstr("is go1.19.8, which is too old (1.21 at least)"));
}

TEST_F(Toolchain, AMachineWithoutAGoIsUnableToHaveAFrontend) {
  answer_ = {.status = 404};
  fake_go("go1.19.8", "exit 1\n", "");
  EXPECT_EQ(install_with(true, "v0.34.2", Kind::frontend).error().blame, util::Blame::unable);
  EXPECT_EQ(install_with(true).error().blame, util::Blame::rig); // its release could be had
  fake_go("go1.26.8", "exit 1\n", "");
  EXPECT_EQ(install_with(true, "v0.34.2", Kind::frontend).error().blame, util::Blame::rig);
}

TEST_F(Toolchain, LooksPastAnOldGoForAnotherOne) {
  answer_ = {.status = 404};
  fake_go("go1.26.8", go_script(folder_.path()));
  fs::create_directories(folder_.path() / "go");
  fs::rename(folder_.path() / "path" / "go", folder_.path() / "go" / "go");
  fake_go("go1.19.8", "exit 1\n", "");
  program(folder_.path() / "module" / "buildkitd.sh", buildkitd("v0.34.2"));
  ASSERT_TRUE(util::write_text(folder_.path() / "module" / "go.mod", "module x\n\ngo 1.26.8\n"));
  EXPECT_TRUE(install_with(true));
}

TEST_F(Toolchain, RunsGoAsTheUserBehindSudo) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  answer_ = {.status = 404};
  fs::permissions(folder_.path(), fs::perms(0777));
  fake_go("go1.26.8", "id -u > " + (folder_.path() / "user").string() + "\n" + go_script(folder_.path()));
  program(folder_.path() / "module" / "buildkitd.sh", buildkitd("v0.34.2"));
  ASSERT_TRUE(util::write_text(folder_.path() / "module" / "go.mod", "module x\n\ngo 1.26.8\n"));
  setenv("SUDO_UID", "65534", 1); // nobody
  setenv("SUDO_GID", "65534", 1);
  const auto kit = install_with(true);
  unsetenv("SUDO_UID");
  unsetenv("SUDO_GID");
  ASSERT_TRUE(kit) << util::to_text(kit.error());
  EXPECT_EQ(*util::read_text(folder_.path() / "user"), "65534\n");
}

TEST_F(Toolchain, SaysThatThereIsNoGo) {
  answer_ = {.status = 404};
  EXPECT_THAT(install_with(true).error().tried, HasSubstr("there is no go on the PATH"));
}

TEST_F(Toolchain, RefusesAGoThatMayNotFetchTheOneTheModuleWants) {
  answer_ = {.status = 404};
  fake_go("go1.22.1", go_script(folder_.path()), "local");
  program(folder_.path() / "module" / "buildkitd.sh", buildkitd("v0.34.2"));
  ASSERT_TRUE(util::write_text(folder_.path() / "module" / "go.mod", "module x\n\ngo 1.26.8\n"));
  const auto kit = install_with(true);
  ASSERT_FALSE(kit);
  EXPECT_THAT(kit.error().tried, HasSubstr("the module wants go 1.26.8, and GOTOOLCHAIN=local forbids to fetch it"));
  fake_go("go1.22.1", go_script(folder_.path()), "auto");
  EXPECT_TRUE(install_with(true));
}

TEST_F(Toolchain, PassesOnWhyGoCannotGetTheModule) {
  answer_ = {.status = 404};
  fake_go("go1.26.8", "printf '{\\n\\t\"Error\": \"module lookup disabled by GOPROXY=off\"\\n}\\n'; exit 1\n");
  EXPECT_THAT(install_with(true).error().tried, HasSubstr("go cannot get the module: module lookup disabled"));
}

TEST_F(Toolchain, ListsPinnedAndInstalledVersionsInOrder) {
  answer_.body = release("v0.20.0");
  ASSERT_TRUE(install_with(false, "v0.20.0"));
  std::vector<std::string> seen;
  for (const auto& entry : list())
    seen.push_back(entry.version + (entry.pinned ? " pinned" : "") + (entry.is_default ? " default" : "")
                   + (entry.installed ? " installed" : ""));
  std::vector<std::string> expected;
  for (const auto& version : pinned()) expected.push_back(version + " pinned");
  ASSERT_EQ(expected.back(), "v0.34.2 pinned");
  expected.back() += " default";
  const auto later = std::find(expected.begin(), expected.end(), "v0.24.0 pinned");
  ASSERT_NE(later, expected.end());
  expected.insert(later, "v0.20.0 installed");
  EXPECT_EQ(seen, expected);
}

TEST_F(Toolchain, RemovesWhatIsInstalledAndNothingElse) {
  ASSERT_TRUE(install_with(false));
  EXPECT_TRUE(remove(Kind::buildkit, "v0.34.2"));
  EXPECT_FALSE(find(Kind::buildkit, "v0.34.2"));
  EXPECT_FALSE(remove(Kind::buildkit, "v0.34.2"));
}

TEST_F(Toolchain, KeepsWhatIsInUse) {
  const auto kit = install_with(false);
  ASSERT_TRUE(kit);
  {
    const auto held = lease(*kit);
    ASSERT_TRUE(held) << util::to_text(held.error());
    EXPECT_TRUE(lease(*kit)) << "by many at once";
    const auto removed = remove(Kind::buildkit, "v0.34.2");
    ASSERT_FALSE(removed);
    EXPECT_EQ(removed.error().what, "BuildKit v0.34.2 is in use by another cacheproof");
    EXPECT_EQ(prune(0)->removed, std::vector<std::string>{});
    EXPECT_TRUE(find(Kind::buildkit, "v0.34.2"));
  }
  EXPECT_TRUE(remove(Kind::buildkit, "v0.34.2"));
  EXPECT_FALSE(lease(*kit)) << "removed before it was held";
}

TEST_F(Toolchain, LeasesNothingOfAFolderThatIsNotTheStores) {
  EXPECT_EQ(*lease(Kit{Kind::buildkit, "v0.34.2", folder_.path() / "own", ""}), nullptr);
}

TEST_F(Toolchain, ReadsTheVersionOfAnExplicitPath) {
  program(folder_.path() / "own" / "bin" / "buildkitd", buildkitd("v0.99.0-dev"));
  program(folder_.path() / "own" / "bin" / "buildctl", "#!/bin/sh\n");
  for (const auto& given : {folder_.path() / "own", folder_.path() / "own" / "bin"}) {
    const auto kit = from_path(Kind::buildkit, given);
    ASSERT_TRUE(kit) << util::to_text(kit.error());
    EXPECT_EQ(kit->version, "v0.99.0-dev");
    EXPECT_EQ(kit->program("buildctl"), folder_.path() / "own" / "bin" / "buildctl");
  }
  EXPECT_FALSE(from_path(Kind::buildkit, folder_.path()));
}

TEST_F(Toolchain, KeepsTheStoreWhereTheEnvironmentSays) {
  EXPECT_EQ(store(), store_);
  unsetenv("CACHEPROOF_STORE");
  setenv("XDG_CACHE_HOME", "/xdg", 1);
  EXPECT_EQ(store(), "/xdg/cacheproof");
  unsetenv("XDG_CACHE_HOME");
  setenv("HOME", "/somebody", 1);
  EXPECT_EQ(store(), "/somebody/.cache/cacheproof");
}

TEST_F(Toolchain, GivesTheStoreToTheUserBehindSudo) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  setenv("SUDO_UID", "65534", 1); // nobody
  setenv("SUDO_GID", "65534", 1);
  const auto kit = install_with(false);
  unsetenv("SUDO_UID");
  unsetenv("SUDO_GID");
  ASSERT_TRUE(kit) << util::to_text(kit.error());
  for (const auto& path : {store_, store_ / "buildkit" / "v0.34.2.lock", kit->program("buildkitd")}) {
    struct stat info {};
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_uid, 65534U) << path;
  }
}

TEST_F(Toolchain, TakesTheFirstProgramOfThePath) {
  program(folder_.path() / "path" / "runc", "#!/bin/sh\n");
  EXPECT_EQ(find_runc(), folder_.path() / "path" / "runc");
  program(folder_.path() / "path" / "busybox", "#!/bin/sh\n");
  EXPECT_EQ(find_busybox().error().remedy, "apt-get install busybox-static");
}

} // namespace
} // namespace cacheproof::toolchain
