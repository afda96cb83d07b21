#include "http/server.hpp"
#include "oci/authentication.hpp"
#include "oci/registry_client.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <mutex>
#include <vector>

namespace cacheproof::oci {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Challenge, IsReadWithItsQuotedParameters) {
  EXPECT_EQ(
      parse_challenge(R"(Bearer realm="https://auth.example/token",service="x",scope="repository:a/b:pull,push")"),
      (Challenge{"bearer",
                 {{"realm", "https://auth.example/token"}, {"service", "x"}, {"scope", "repository:a/b:pull,push"}}}));
  EXPECT_EQ(parse_challenge(R"(basic Realm="a \"b\"", charset=UTF-8)"),
            (Challenge{"basic", {{"realm", R"(a "b")"}, {"charset", "UTF-8"}}}));
  EXPECT_EQ(parse_challenge("Negotiate"), (Challenge{"negotiate", {}}));
  for (const auto* text : {"", "Bearer realm", "Bearer realm=\"open"}) EXPECT_EQ(parse_challenge(text), std::nullopt);
}

/// A registry that serves a blob to those who have the token of its repository, and the service that gives tokens, as
/// distribution's token specification has them.
class RegistryLogin : public testing::Test {
protected:
  http::Answer registry(const http::Received& received) {
    const std::lock_guard lock(mutex_);
    seen_.push_back(received.header("Authorization"));
    const auto repository = received.target.substr(4, received.target.find("/blobs/") - 4);
    if (received.header("Authorization") == "Bearer token-of-" + repository) return {.body = "content"};
    return {.status = 401,
            .headers = {{"WWW-Authenticate",
                         "Bearer realm=\"" + tokens_.url()
                             + "/token\",service=\"here & now\",scope=\"repository:" + repository + ":pull\""}}};
  }
  http::Answer token(const http::Received& received) {
    const std::lock_guard lock(mutex_);
    asked_.push_back(received.method + ' ' + received.target + ' ' + received.header("Authorization") + received.body);
    if (!answer_.body.empty() || answer_.status != 200) return answer_;
    const auto& words = received.method == "POST" ? received.body : received.target;
    const auto at = words.find("repository%3A") + 13;
    return {.body = R"({")" + std::string(received.method == "POST" ? "access_token" : "token") + R"(":"token-of-)"
                    + words.substr(at, words.find("%3Apull") - at) + "\"}"};
  }
  util::Result<std::string> read(const Credentials& credentials, std::string_view repository = "app") {
    RegistryClient client(Endpoint{.url = registry_.url(), .credentials = credentials});
    return client.blob(repository, digest_, 100);
  }

  const std::string digest_ = util::sha256_digest("content");
  std::mutex mutex_;
  http::Answer answer_;
  std::vector<std::string> seen_;  ///< the Authorization of each request to the registry
  std::vector<std::string> asked_; ///< each request to the token service
  http::Server tokens_ = std::move(*http::Server::start([this](const auto& received) { return token(received); }));
  http::Server registry_ = std::move(*http::Server::start([this](const auto& received) { return registry(received); }));
};

TEST_F(RegistryLogin, GetsATokenForAnybody) {
  EXPECT_EQ(read({}), "content");
  EXPECT_THAT(asked_, ElementsAre("GET /token?service=here%20%26%20now&scope=repository%3Aapp%3Apull "));
  EXPECT_THAT(seen_, ElementsAre("", "Bearer token-of-app"));
}

TEST_F(RegistryLogin, GetsATokenForAUser) {
  EXPECT_EQ(read({"user", "secret", {}}), "content");
  EXPECT_THAT(asked_, ElementsAre(HasSubstr(" Basic dXNlcjpzZWNyZXQ=")));
  EXPECT_THAT(seen_, ElementsAre("", "Bearer token-of-app"));
}

TEST_F(RegistryLogin, ExchangesARefreshToken) {
  EXPECT_EQ(read({{}, {}, "re+fresh"}), "content");
  EXPECT_THAT(asked_,
              ElementsAre("POST /token grant_type=refresh_token&client_id=cacheproof&service=here%20%26%20now"
                          "&scope=repository%3Aapp%3Apull&refresh_token=re%2Bfresh"));
}

TEST_F(RegistryLogin, KeepsATokenUntilItIsRefused) {
  RegistryClient client(Endpoint{.url = registry_.url(), .credentials = {}});
  EXPECT_TRUE(client.blob("one", digest_, 100));
  EXPECT_TRUE(client.blob("one", digest_, 100));
  EXPECT_TRUE(client.blob("two", digest_, 100));
  EXPECT_THAT(asked_, ElementsAre(HasSubstr("Aone"), HasSubstr("Atwo")));
}

TEST_F(RegistryLogin, DownloadsABlobWithTheToken) {
  const auto folder = *util::TempDir::create();
  RegistryClient client(Endpoint{.url = registry_.url(), .credentials = {}});
  const auto file = folder.path() / "blob";
  ASSERT_TRUE(client.blob_to(file, "app", digest_, 100));
  EXPECT_EQ(util::read_text(file), "content");
  EXPECT_FALSE(client.blob_to(file, "app", util::sha256_digest("other"), 100));
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(RegistryLogin, IsRefusedOnceAndNotForEver) {
  answer_.body = R"({"token":"of nobody"})";
  const auto blob = read({"user", "secret", {}});
  ASSERT_FALSE(blob);
  EXPECT_EQ(blob.error().what, "the registry answered 401 instead of 200");
  EXPECT_EQ(blob.error().remedy, "docker login " + registry_.address());
  EXPECT_EQ(seen_.size(), 2U);
}

TEST_F(RegistryLogin, SaysWhatTheTokenServiceDidWithoutTheSecret) {
  for (const auto& [answer, words] : {std::pair{http::Answer{.status = 401, .body = "bad secret"}, "answered 401"},
                                      {http::Answer{.body = "secret?"}, "gave no token"}}) {
    answer_ = answer;
    const auto blob = read({"user", "secret", {}});
    ASSERT_FALSE(blob);
    EXPECT_THAT(blob.error().what, HasSubstr(words));
    EXPECT_THAT(util::to_text(blob.error()), Not(HasSubstr("secret")));
    EXPECT_THAT(util::to_text(blob.error()), HasSubstr("repository:app:pull from " + tokens_.url()));
  }
}

TEST(BasicLogin, IsShownToTheRegistryThatAsksForIt) {
  const auto registry = *http::Server::start([](const http::Received& received) {
    if (received.header("Authorization") == "Basic dXNlcjpzZWNyZXQ=") return http::Answer{.body = "content"};
    return http::Answer{.status = 401, .headers = {{"WWW-Authenticate", "Basic realm=\"x\""}}};
  });
  const auto digest = util::sha256_digest("content");
  const auto read = [&](const Credentials& credentials) {
    return RegistryClient(Endpoint{.url = registry.url(), .credentials = credentials}).blob("app", digest, 100);
  };
  EXPECT_EQ(read({"user", "secret", {}}), "content");
  EXPECT_EQ(read({}).error().what, "the registry wants a login, and Docker's config.json has none for it");
}

/// Where images of a host come from, with logins of the test's own.
class PublicRegistry : public testing::Test {
protected:
  void SetUp() override {
    setenv("DOCKER_CONFIG", folder_.path().c_str(), 1);
    ASSERT_TRUE(util::write_text(folder_.path() / "config.json",
                                 R"({"auths":{"https://index.docker.io/v1/":{"auth":"aHViOnA="},
                                              "127.0.0.1:5000":{"auth":"dTpw"}}})"));
  }
  void TearDown() override {
    unsetenv("DOCKER_CONFIG");
    unsetenv("CACHEPROOF_DOCKER_HUB_URL");
  }
  util::TempDir folder_ = std::move(*util::TempDir::create());
};

TEST_F(PublicRegistry, IsDockerHubWithItsLogin) {
  const auto endpoint = public_registry("docker.io");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->url, "https://registry-1.docker.io");
  EXPECT_EQ(endpoint->credentials, (Credentials{"hub", "p", {}}));
}

TEST_F(PublicRegistry, IsTheStandInOfTheEnvironmentWithItsOwnLogin) {
  setenv("CACHEPROOF_DOCKER_HUB_URL", "http://127.0.0.1:5000/", 1);
  const auto endpoint = public_registry("docker.io");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->url, "http://127.0.0.1:5000");
  EXPECT_EQ(endpoint->credentials, (Credentials{"u", "p", {}}));
}

TEST_F(PublicRegistry, TakesTheLoginOutOfTheUrlOfTheStandIn) {
  setenv("CACHEPROOF_DOCKER_HUB_URL", "http://me:p%40ss@127.0.0.1:5000", 1);
  const auto endpoint = public_registry("docker.io");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->url, "http://127.0.0.1:5000");
  EXPECT_EQ(endpoint->credentials, (Credentials{"me", "p@ss", {}}));
}

TEST_F(PublicRegistry, IsTheHostItselfAndPlainOnLoopbackOnly) {
  EXPECT_EQ(public_registry("ghcr.io")->url, "https://ghcr.io");
  EXPECT_EQ(public_registry("127.0.0.1:5000")->url, "http://127.0.0.1:5000");
  EXPECT_EQ(public_registry("localhost:5000")->url, "http://localhost:5000");
}

} // namespace
} // namespace cacheproof::oci
