#include "oci/real_registry.hpp"
#include "toolchain/fixture.hpp"
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

} // namespace
} // namespace cacheproof::toolchain
