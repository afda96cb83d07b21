#include "oci/real_registry.hpp"
#include "toolchain/fixture.hpp"
#include "toolchain/select.hpp"
#include "toolchain/sources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sched.h>
#include <sys/mount.h>

#include <thread>

namespace cacheproof::toolchain {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;

/// No release, and a real registry in the place of Docker Hub.
class ToolchainImage : public ToolchainTest {
protected:
  void SetUp() override {
    ToolchainTest::SetUp();
    answer_ = {.status = 404};
    image_ = true;
    setenv("DOCKER_CONFIG", folder_.path().c_str(), 1);
  }
  void TearDown() override {
    unsetenv("DOCKER_CONFIG");
    unsetenv("CACHEPROOF_DOCKER_HUB_URL");
    ToolchainTest::TearDown();
  }
  /// Whether it stands in for Docker Hub now.
  bool start(bool login) {
    registry_ = login ? oci::RealRegistry::with_login() : oci::RealRegistry::open();
    if (registry_) setenv("CACHEPROOF_DOCKER_HUB_URL", registry_->url().c_str(), 1);
    return registry_ != nullptr;
  }
  void push(const std::string& repository, const std::string& tag, const std::vector<oci::Entry>& files) {
    oci::RegistryClient client(oci::Endpoint{.url = registry_->url(), .credentials = {"user", "secret", {}}});
    ASSERT_TRUE(oci::push(client, repository, tag, oci::image_of(files)));
  }
  std::unique_ptr<oci::RealRegistry> registry_;
};

const char* const k_no_registry = "needs docker-registry";

TEST_F(ToolchainImage, GivesTheProgramsWhereThereIsNoRelease) {
  if (!start(false)) GTEST_SKIP() << k_no_registry;
  push("moby/buildkit",
       "v0.34.2",
       {{"usr/bin/buildkitd", buildkitd("v0.34.2")}, {"usr/bin/buildctl", "#!/bin/sh\n"}, {"usr/bin/other", "x"}});
  const auto kit = install_with(false);
  ASSERT_TRUE(kit) << util::to_text(kit.error());
  EXPECT_EQ(kit->source, "image " + registry_->address() + "/moby/buildkit:v0.34.2");
  const auto json = nlohmann::json::parse(*util::read_text(kit->bin.parent_path() / "toolchain.json"));
  EXPECT_THAT(json["digest"].get<std::string>(), testing::MatchesRegex("sha256:[0-9a-f]+"));
  EXPECT_FALSE(fs::exists(kit->bin / "other"));
  EXPECT_EQ(left_over(), std::vector<std::string>{});
  EXPECT_THAT(said_, Contains("BuildKit v0.34.2: installed from the container image"));
}

TEST_F(ToolchainImage, IsPulledWithTheUsersLogin) {
  if (!start(true)) GTEST_SKIP() << k_no_registry;
  push("docker/buildx-bin", "0.36.1", {{"buildx", "#!/bin/sh\necho github.com/docker/buildx v0.36.1 0123\n"}});
  const auto refused = install_with(false, "v0.36.1", Kind::buildx);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().tried, HasSubstr("the registry wants a login"));

  ASSERT_TRUE(util::write_text(folder_.path() / "config.json",
                               R"({"auths":{")" + registry_->address() + R"(":{"auth":"dXNlcjpzZWNyZXQ="}}})"));
  const auto kit = install_with(false, "v0.36.1", Kind::buildx);
  ASSERT_TRUE(kit) << util::to_text(kit.error());
  for (const auto& line : said_) EXPECT_THAT(line, testing::Not(HasSubstr("secret")));
}

TEST_F(ToolchainImage, IsProvenLikeEveryOtherSource) {
  if (!start(false)) GTEST_SKIP() << k_no_registry;
  push("library/registry", "3.0.0", {{"bin/registry", "#!/bin/sh\necho registry a/registry 2.8.2\n"}});
  const auto kit = install_with(false, "v3.0.0", Kind::registry);
  ASSERT_FALSE(kit);
  EXPECT_THAT(kit.error().tried, HasSubstr("its registry says 'registry a/registry 2.8.2' where v3.0.0 was expected"));
  EXPECT_FALSE(find(Kind::registry, "v3.0.0"));
}

TEST_F(ToolchainImage, ThatFindsNoRoomLeavesNothing) {
  if (!start(false)) GTEST_SKIP() << k_no_registry;
  std::string noise; // does not fit, packed or not
  for (unsigned i = 1; noise.size() < 500'000; i = i * 1664525U + 1013904223U) noise += static_cast<char>(i >> 24U);
  push("moby/buildkit", "v0.34.2", {{"usr/bin/buildkitd", buildkitd("v0.34.2")}, {"usr/bin/buildctl", noise}});
  fs::create_directories(store_);
  util::Result<Kit> kit = util::failure("not tried");
  std::vector<std::string> left;
  bool mounted = false;
  std::thread([&] { // with a mount that nobody else sees, gone when it ends
    mounted = unshare(CLONE_NEWNS) == 0 && mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0
              && mount("none", store_.c_str(), "tmpfs", 0, "size=256k") == 0;
    if (!mounted) return;
    kit = install_with(false);
    left = left_over();
  })
      .join();
  if (!mounted) GTEST_SKIP() << "needs root";
  ASSERT_FALSE(kit);
  EXPECT_THAT(kit.error().tried, HasSubstr("the container image did not work: cannot write "));
  EXPECT_THAT(kit.error().remedy, StartsWith("make room in " + store_.string()));
  EXPECT_EQ(left, std::vector<std::string>{});
}

TEST_F(ToolchainImage, ThatIsNotThereIsSaid) {
  if (!start(false)) GTEST_SKIP() << k_no_registry;
  const auto kit = install_with(false);
  ASSERT_FALSE(kit);
  EXPECT_THAT(kit.error().tried,
              HasSubstr("the container image did not work: the registry has no " + registry_->address()
                        + "/moby/buildkit:v0.34.2"));
  EXPECT_THAT(kit.error().remedy, HasSubstr("CACHEPROOF_DOCKER_HUB_URL"));
}

/// Images that the user names, in a registry of theirs.
class ToolchainOwnImage : public ToolchainImage {
protected:
  void SetUp() override {
    ToolchainImage::SetUp();
    if (!start(false)) GTEST_SKIP() << k_no_registry;
  }
  /// A BuildKit that says that version; returns the word that names it.
  std::string buildkit(const std::string& tag, const std::string& version) {
    push("own/buildkit", tag, {{"usr/bin/buildkitd", buildkitd(version)}, {"usr/bin/buildctl", "#!/bin/sh\n"}});
    return word("own/buildkit:" + tag);
  }
  std::string word(const std::string& name) const { return "image:" + registry_->address() + "/" + name; }
  util::Result<Kit> take(const std::string& word, Kind kind = Kind::buildkit) {
    return install(kind, word, {.say = [this](std::string_view line) { said_.emplace_back(line); }});
  }
  std::string why(const std::string& word, Kind kind = Kind::buildkit) {
    const auto kit = take(word, kind);
    return kit ? "nothing" : util::to_text(kit.error());
  }
};

TEST_F(ToolchainOwnImage, IsCalledByWhatItSaysAndKeptByItsDigest) {
  const auto master = buildkit("master", "v0.99.0-dev");
  const auto kit = take(master);
  ASSERT_TRUE(kit) << util::to_text(kit.error());
  EXPECT_EQ(kit->version, "v0.99.0-dev");
  const auto digest = kit->source.substr(kit->source.find('@') + 1);
  EXPECT_EQ(kit->source, master + "@" + digest);
  EXPECT_EQ(kit->bin, store_ / "buildkit" / ("sha256-" + digest.substr(7)) / "bin");
  EXPECT_EQ(to_line(*kit), "BuildKit v0.99.0-dev: from the store (" + kit->source + ")");
  EXPECT_EQ(said_.size(), 1U) << "that it is unpacked";
  EXPECT_EQ(take(master), kit);
  EXPECT_EQ(said_.size(), 1U) << "that is done once";
  EXPECT_EQ(verify(Kind::buildkit, master), Proof::whole);
  EXPECT_FALSE(find(Kind::buildkit, "v0.99.0-dev")) << "which is no version of the store";
  EXPECT_EQ(left_over(), std::vector<std::string>{});
}

TEST_F(ToolchainOwnImage, ATagMeansWhatItMeantWhenItsRegistryWasLastAsked) {
  const auto master = buildkit("master", "v0.1.0-dev");
  EXPECT_THAT(find(Kind::buildkit, master).error().what, HasSubstr("nobody asked yet which digest " + master + " has"));
  const auto first = take(master);
  ASSERT_TRUE(first);
  static_cast<void>(buildkit("master", "v0.2.0-dev"));
  EXPECT_EQ(find(Kind::buildkit, master), first);
  const auto second = take(master);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->version, "v0.2.0-dev");
  registry_.reset();
  EXPECT_EQ(find(Kind::buildkit, master), second);
  EXPECT_EQ(take(first->source), first) << "nobody is asked for a digest that is there";
  std::vector<std::string> versions{master};
  OwnKits own;
  ASSERT_TRUE(find_own(Kind::buildkit, versions, own, {}));
  EXPECT_EQ(versions, std::vector<std::string>{"v0.2.0-dev"});
  EXPECT_EQ(to_word(own.at({Kind::buildkit, "v0.2.0-dev"})), second->source);
}

TEST_F(ToolchainOwnImage, OfBuildxMayHaveItAmongTheCommandLinesPlugins) {
  const std::string buildx = "#!/bin/sh\necho github.com/docker/buildx v0.36.1-2-gabc 0123\n";
  for (const std::string place :
       {"", "usr/libexec/docker/cli-plugins/docker-", "usr/local/lib/docker/cli-plugins/docker-"}) {
    push("own/cli", "1", {{place + "buildx", buildx + "#" + place}});
    const auto kit = take(word("own/cli:1"), Kind::buildx);
    ASSERT_TRUE(kit) << util::to_text(kit.error());
    EXPECT_EQ(kit->version, "v0.36.1-2-gabc");
    EXPECT_EQ(*util::read_text(kit->program("buildx")), buildx + "#" + place);
  }
}

TEST_F(ToolchainOwnImage, ThatCannotBeHadSaysWhy) {
  push("own/other", "1", {{"bin/other", "x"}});
  EXPECT_THAT(why(word("own/other:1")),
              HasSubstr("BuildKit " + word("own/other:1") + " cannot be had: the image has no file usr/bin/buildkitd"));
  EXPECT_THAT(why(word("own/other:1"), Kind::buildx),
              HasSubstr("the image has no file buildx or usr/local/lib/docker/cli-plugins/docker-buildx or "));
  EXPECT_THAT(why(word("own/nobody:1")), HasSubstr("cannot be had: the registry has no such image"));
  push("own/mute", "1", {{"usr/bin/buildkitd", "#!/bin/sh\n"}, {"usr/bin/buildctl", "#!/bin/sh\n"}});
  EXPECT_THAT(why(word("own/mute:1")), HasSubstr("does not say its version"));
  EXPECT_THAT(why("image:127.0.0.1:1/own/buildkit"),
              HasSubstr("BuildKit image:127.0.0.1:1/own/buildkit:latest cannot be had: "));
  EXPECT_EQ(why("image:own/BuildKit"),
            "'own/BuildKit' is not an image name: a repository has small letters, digits, and '.', '_', '-' between\n"
            "  tried: buildkit image:own/BuildKit\n  to do: one like image:moby/buildkit");
  EXPECT_EQ(why("image:docker/dockerfile:1", Kind::frontend),
            "Dockerfile frontend is not taken out of images\n  tried: frontend image:docker/dockerfile:1\n"
            "  to do: name a version");
  EXPECT_EQ(left_over(), std::vector<std::string>{"buildx"});
  EXPECT_EQ(list().front().bytes, 0U);
}

TEST_F(ToolchainOwnImage, IsListedProvenHeldAndRemovedLikeAVersion) {
  const auto kit = take(buildkit("master", "v0.99.0-dev"));
  ASSERT_TRUE(kit);
  EXPECT_EQ(list().back().version, kit->source);
  EXPECT_EQ(list().back().installed, *kit);
  {
    const auto lease = toolchain::lease(*kit);
    ASSERT_TRUE(lease && *lease);
    EXPECT_THAT(remove(Kind::buildkit, kit->source).error().what, HasSubstr("is in use by another cacheproof"));
    EXPECT_EQ(prune(0)->removed, std::vector<std::string>{});
  }
  const auto all = [](auto) { return std::vector<std::string>{"v0.11.6", "image:a"}; };
  EXPECT_EQ(select({"<0.12"}, all)->size(), 1U) << "no range has an image";
  program(kit->bin / "buildctl", "#!/bin/no\n");
  EXPECT_THAT(list().back().damage, HasSubstr(kit->source + " in the store is damaged: buildctl has the sha256 "));
  EXPECT_TRUE(take(kit->source)) << "it is unpacked again";
  fs::remove(kit->bin.parent_path() / "toolchain.json");
  EXPECT_THAT(list().back().damage, HasSubstr("nobody wrote down what it is"));
  EXPECT_TRUE(remove(Kind::buildkit, list().back().version));
  EXPECT_EQ(list().back().bytes, 0U);
  EXPECT_FALSE(lease(*kit)) << "it is gone";
  ASSERT_TRUE(take(kit->source));
  EXPECT_EQ(prune(0)->removed, std::vector<std::string>{"buildkit " + kit->source});
}

} // namespace
} // namespace cacheproof::toolchain
