#include "oci/credentials.hpp"
#include "util/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

namespace cacheproof::oci {
namespace {

namespace fs = std::filesystem;

/// A Docker configuration, and a PATH on which credential helpers lie.
class DockerLogins : public testing::Test {
protected:
  void SetUp() override { setenv("PATH", (folder_.path().string() + ":" + path_).c_str(), 1); }
  void TearDown() override { setenv("PATH", path_.c_str(), 1); }

  void config(const std::string& text) { ASSERT_TRUE(util::write_text(folder_.path() / "config.json", text)); }
  void helper(const std::string& name, const std::string& script) {
    const auto program = folder_.path() / ("docker-credential-" + name);
    ASSERT_TRUE(util::write_text(program, "#!/bin/sh\n" + script));
    fs::permissions(program, fs::perms(0755));
  }
  util::Result<Credentials> of(std::string_view host) { return find_credentials(host, folder_.path()); }

  util::TempDir folder_ = std::move(*util::TempDir::create());
  std::string path_ = std::getenv("PATH");
};

TEST_F(DockerLogins, HaveNothingForAHostThatNobodyLoggedInTo) {
  EXPECT_EQ(of("ghcr.io"), Credentials{});
  config(R"({"auths":{"quay.io":{"auth":"dTpw"}}})");
  EXPECT_EQ(of("ghcr.io"), Credentials{});
}

TEST_F(DockerLogins, AreReadFromTheFileItself) {
  config(R"({"auths":{"https://index.docker.io/v1/":{"auth":"aHViOnM6ZWNyZXQ="},
                      "127.0.0.1:5000":{"auth":"dTpw"},
                      "https://old.example/v2/":{"username":"n","password":"w"},
                      "azure.example":{"auth":"MDowMDo=","identitytoken":"refresh"}}})");
  EXPECT_EQ(of("docker.io"), (Credentials{"hub", "s:ecret", {}}));
  EXPECT_EQ(of("127.0.0.1:5000"), (Credentials{"u", "p", {}}));
  EXPECT_EQ(of("old.example"), (Credentials{"n", "w", {}}));
  EXPECT_EQ(of("azure.example"), (Credentials{"0", "00:", "refresh"}));
}

TEST_F(DockerLogins, AreAskedOfTheHelperOfTheHostFirst) {
  config(R"({"credHelpers":{"ghcr.io":"own"},"credsStore":"all","auths":{"ghcr.io":{"auth":"dTpw"}}})");
  helper("own", "[ \"$1\" = get ] && printf '{\"ServerURL\":\"x\",\"Username\":\"%s\",\"Secret\":\"s\"}' \"$(cat)\"\n");
  helper("all", "printf '{\"Username\":\"<token>\",\"Secret\":\"%s\"}' \"$(cat)\"\n");
  EXPECT_EQ(of("ghcr.io"), (Credentials{"ghcr.io", "s", {}}));
  EXPECT_EQ(of("docker.io"), (Credentials{{}, {}, "https://index.docker.io/v1/"}));
}

TEST_F(DockerLogins, FallBackToTheFileWhereTheHelperKnowsNone) {
  config(R"({"credsStore":"none","auths":{"ghcr.io":{"auth":"dTpw"}}})");
  helper("none", "echo credentials not found in native keychain; exit 1\n");
  EXPECT_EQ(of("ghcr.io"), (Credentials{"u", "p", {}}));
  EXPECT_EQ(of("quay.io"), Credentials{});
}

TEST_F(DockerLogins, ThatCannotBeReadAreAnErrorWithoutTheirSecrets) {
  config(R"({"auths":{"ghcr.io":{"auth":"bm90aGluZw=="}},"credHelpers":{"quay.io":"bad","gcr.io":"missing"}})");
  helper("bad", "echo secret; echo secret >&2; exit 2\n");
  for (const auto* host : {"ghcr.io", "quay.io", "gcr.io"}) {
    const auto found = of(host);
    ASSERT_FALSE(found) << host;
    EXPECT_THAT(util::to_text(found.error()), testing::Not(testing::HasSubstr("secret")));
    EXPECT_THAT(util::to_text(found.error()), testing::HasSubstr(host));
  }
  config("secret");
  EXPECT_EQ(of("ghcr.io").error().tried, (folder_.path() / "config.json").string());
}

TEST(DockerConfig, LiesWhereTheEnvironmentSays) {
  setenv("DOCKER_CONFIG", "/somewhere", 1);
  EXPECT_EQ(docker_config(), "/somewhere");
  unsetenv("DOCKER_CONFIG");
  const std::string home = std::getenv("HOME");
  EXPECT_EQ(docker_config(), home + "/.docker");
}

} // namespace
} // namespace cacheproof::oci
