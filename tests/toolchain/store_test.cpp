// What can be wrong with the store, and how it heals and is bounded.
#include "toolchain/fixture.hpp"
#include "toolchain/select.hpp"
#include "toolchain/store.hpp"
#include "util/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <chrono>

namespace cacheproof::toolchain {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class ToolchainStore : public ToolchainTest {
protected:
  /// An installed one, last used so long ago.
  void install_used(const std::string& version, std::chrono::hours ago) {
    answer_.body = release(version);
    ASSERT_TRUE(install_with(false, version));
    fs::last_write_time(lock_of(Kind::buildkit, version), fs::file_time_type::clock::now() - ago);
  }
  fs::path installed(const std::string& version = "v0.34.2") { return folder_of(Kind::buildkit, version); }
};

TEST_F(ToolchainStore, ProvesEveryByteOfAnInstalledVersion) {
  ASSERT_TRUE(install_with(false));
  EXPECT_EQ(verify(Kind::buildkit, "0.34.2"), Proof::whole);
  auto text = *util::read_text(installed() / "bin" / "buildkitd");
  text[text.size() - 3] ^= 1;
  program(installed() / "bin" / "buildkitd", text);
  EXPECT_FALSE(find(Kind::buildkit, "v0.34.2"));
  const auto verified = verify(Kind::buildkit, "v0.34.2");
  ASSERT_FALSE(verified);
  EXPECT_THAT(verified.error().what,
              testing::MatchesRegex("BuildKit v0.34.2 in the store is damaged: buildkitd has the sha256 [0-9a-f]{64} "
                                    "where [0-9a-f]{64} was installed"));
  EXPECT_THAT(verified.error().remedy, HasSubstr("cacheproof toolchain install v0.34.2"));
}

TEST_F(ToolchainStore, ReadsProgramsAgainOnlyWhereTheirFilesChanged) {
  ASSERT_TRUE(install_with(false));
  const auto last_read = [this] { // a new file whenever they were
    struct stat info {};
    EXPECT_EQ(stat((installed() / "verified").c_str(), &info), 0);
    return std::pair(info.st_ino, info.st_ctim.tv_nsec);
  };
  const auto first = last_read();
  EXPECT_TRUE(find(Kind::buildkit, "v0.34.2"));
  EXPECT_EQ(last_read(), first);
  fs::last_write_time(installed() / "bin" / "buildctl", fs::file_time_type::clock::now() - 1h);
  EXPECT_TRUE(find(Kind::buildkit, "v0.34.2"));
  const auto second = last_read();
  EXPECT_NE(second, first);
  EXPECT_EQ(verify(Kind::buildkit, "v0.34.2"), Proof::whole);
  EXPECT_NE(last_read(), second) << "whoever asks for a proof gets one";
}

TEST_F(ToolchainStore, InstallsAgainWhatIsDamaged) {
  ASSERT_TRUE(install_with(false));
  const auto bin = installed() / "bin";
  const std::vector<std::pair<std::function<void()>, std::string>> harms{
      {[&] { fs::resize_file(bin / "buildctl", 3); }, "buildctl has 3 bytes where 10 were installed"},
      {[&] { fs::remove(bin / "buildctl"); }, "buildctl cannot be read: No such file or directory"},
      {[&] { fs::permissions(bin / "buildctl", fs::perms(0644)); }, "a program is missing"},
      {[&] { fs::resize_file(installed() / "toolchain.json", 20); }, "its toolchain.json cannot be read"},
      {[&] {
         fs::remove_all(bin);
         fs::remove(installed() / "toolchain.json");
       },
       "a program is missing"},
  };
  for (const auto& [harm, words] : harms) {
    harm();
    const auto found = find(Kind::buildkit, "v0.34.2");
    ASSERT_FALSE(found) << words;
    EXPECT_THAT(found.error().what, HasSubstr("BuildKit v0.34.2 in the store is damaged: " + words));
    EXPECT_THAT(list().back().damage, HasSubstr(words));
    EXPECT_TRUE(install_with(false));
    EXPECT_EQ(verify(Kind::buildkit, "v0.34.2"), Proof::whole);
  }
}

TEST_F(ToolchainStore, SaysWhereNothingWasRecorded) {
  program(installed() / "bin" / "buildkitd", buildkitd("v0.34.2"));
  program(installed() / "bin" / "buildctl", "#!/bin/sh\n");
  EXPECT_EQ(verify(Kind::buildkit, "v0.34.2"), Proof::unrecorded);
  EXPECT_FALSE(verify(Kind::buildkit, "v0.17.3"));
}

TEST_F(ToolchainStore, RemovesADamagedVersion) {
  fs::create_directories(installed());
  EXPECT_TRUE(remove(Kind::buildkit, "v0.34.2"));
  EXPECT_FALSE(fs::exists(installed()));
  EXPECT_TRUE(left_over().empty());
}

TEST_F(ToolchainStore, LosesWhatWasNotUsedForLongestAndTheDefaultLast) {
  install_used("v0.34.2", 300h);
  install_used("v0.20.0", 200h);
  install_used("v0.21.0", 100h);
  const auto all = store_size();
  EXPECT_EQ(prune(all)->removed, std::vector<std::string>{});
  const auto one = prune(all - 1);
  ASSERT_TRUE(one);
  EXPECT_THAT(one->removed, ElementsAre("buildkit v0.20.0"));
  EXPECT_EQ(one->bytes, store_size());
  EXPECT_THAT(prune(0)->removed, ElementsAre("buildkit v0.21.0", "buildkit v0.34.2"));
}

TEST_F(ToolchainStore, LosesWhatKilledInstallsLeft) {
  fs::create_directories(store_ / "buildx");
  fs::create_directories(store_ / "tmp-buildx-v0.36.1@dead00" / "bin");
  fs::create_directories(store_ / "tmp-somebody-elses");
  fs::create_directories(store_ / "buildkit");
  EXPECT_TRUE(prune(1'000'000));
  EXPECT_FALSE(fs::exists(store_ / "tmp-buildx-v0.36.1@dead00"));
  EXPECT_TRUE(fs::exists(store_ / "tmp-somebody-elses"));
}

TEST_F(ToolchainStore, StaysBelowItsLimitWhenSomethingIsInstalled) {
  install_used("v0.20.0", 200h);
  setenv("CACHEPROOF_STORE_LIMIT", "0", 1);
  const auto kit = install_with(false, "v0.20.0");
  EXPECT_TRUE(kit) << "nothing was installed";
  answer_.body = release("v0.21.0");
  EXPECT_TRUE(install_with(false, "v0.21.0")) << "never what was just installed";
  EXPECT_FALSE(find(Kind::buildkit, "v0.20.0"));
  EXPECT_THAT(said_, Contains("buildkit v0.20.0 left the store, which may have 0 kB"));
  EXPECT_THAT(said_, Contains(HasSubstr("more than its limit of 0 kB: the rest is in use")));
  setenv("CACHEPROOF_STORE_LIMIT", "much", 1);
  EXPECT_EQ(install_with(false).error().what, "CACHEPROOF_STORE_LIMIT is 'much', which is no size");
  unsetenv("CACHEPROOF_STORE_LIMIT");
}

TEST_F(ToolchainStore, AsksEverySourceForWhatItHas) {
  answer_.body = R"([{"tag_name": "v0.34.2"}, {"tag_name": "dockerfile/1.7.0"}, {"tag_name": "v0.35.0-rc1"}, {}])";
  fake_go("go1.26.8", "[ \"$1 $2 $3\" = 'list -m -versions' ] && echo $4 v0.9.0 v0.10.0 v0.34.2\n");
  Options options;
  options.releases_api = server_.url() + "/releases";
  const auto offers = available(Kind::buildkit, options);
  ASSERT_EQ(offers.size(), 2U);
  EXPECT_EQ(offers[0].source, "release");
  EXPECT_THAT(*offers[0].versions, ElementsAre("v0.35.0-rc1", "v0.34.2"));
  EXPECT_THAT(*offers[1].versions, ElementsAre("v0.34.2", "v0.10.0", "v0.9.0"));
  answer_ = {.status = 403, .body = "rate limit"};
  EXPECT_EQ(available(Kind::buildkit, options)[0].versions.error().what, "status 403");
  answer_ = {.body = "{}"};
  EXPECT_EQ(available(Kind::buildkit, options)[0].versions.error().what, "the answer is no list of releases");
}

TEST_F(ToolchainStore, TheLatestIsTheNewestReleaseOfAllSourcesThatAnswer) {
  answer_.body = R"([{"tag_name": "v0.35.0-rc1"}, {"tag_name": "v0.34.2"}])";
  Options options;
  options.releases_api = server_.url() + "/releases";
  EXPECT_THAT(*choose(Kind::buildkit, {"latest", "v0.34.2"}, options), ElementsAre("v0.34.2")) << "no pre-release";
  fake_go("go1.26.8", "[ \"$1 $2 $3\" = 'list -m -versions' ] && echo $4 v0.9.0 v0.35.1\n");
  EXPECT_THAT(*choose(Kind::buildkit, {"latest"}, options), ElementsAre("v0.35.1"));
  fake_go("go1.26.8", "exit 1\n");
  answer_ = {.status = 403};
  const auto nobody = choose(Kind::buildkit, {"latest"}, options);
  ASSERT_FALSE(nobody);
  EXPECT_THAT(nobody.error().what,
              HasSubstr("nobody says which BuildKit is the latest (release: status 403; Go module: "));
}

} // namespace
} // namespace cacheproof::toolchain
