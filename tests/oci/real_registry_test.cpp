#include "oci/pull.hpp"
#include "oci/real_registry.hpp"
#include "util/base64.hpp"
#include "util/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <ctime>
#include <mutex>

namespace cacheproof::oci {
namespace {

using nlohmann::json;

/// A token service that docker-registry trusts: its tokens are JWTs as distribution's documentation has them
/// (docs/spec/auth/jwt.md), signed by openssl.
class TokenService {
public:
  TokenService() {
    openssl({"req",
             "-x509",
             "-newkey",
             "rsa:2048",
             "-nodes",
             "-subj",
             "/CN=test",
             "-days",
             "2",
             "-keyout",
             "key",
             "-out",
             "certificate"});
    openssl({"x509", "-in", "certificate", "-outform", "der", "-out", "der"});
  }
  std::string certificate() const { return (folder_.path() / "certificate").string(); }
  std::string url() const { return server_.url() + "/token"; }

private:
  static std::string encoded(std::string_view bytes) { // RFC 7515: the alphabet of URLs, no padding
    auto text = util::base64(bytes);
    for (auto& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
    while (text.ends_with('=')) text.pop_back();
    return text;
  }
  std::string read(const char* name) const { return util::read_text(folder_.path() / name).value_or(""); }
  void openssl(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "openssl");
    static_cast<void>(process::run({.argv = std::move(arguments), .environment = {}, .directory = folder_.path()}));
  }

  http::Answer answer(const http::Received& received) {
    const std::lock_guard lock(mutex_);
    // The scope of the request: repository%3Aapp%3Apull%2Cpush. Strangers may pull.
    const bool user = received.header("Authorization") == "Basic " + util::base64("user:secret");
    json actions = json::array({"pull"});
    if (user && received.target.find("push") != std::string::npos) actions.push_back("push");
    const json header{{"typ", "JWT"}, {"alg", "RS256"}, {"x5c", {util::base64(read("der"))}}};
    const json claims{{"iss", "issuer"},
                      {"sub", user ? "user" : ""},
                      {"aud", "service"},
                      {"nbf", std::time(nullptr) - 60},
                      {"exp", std::time(nullptr) + 300},
                      {"access", {{{"type", "repository"}, {"name", "app"}, {"actions", actions}}}}};
    const auto text = encoded(header.dump()) + '.' + encoded(claims.dump());
    static_cast<void>(util::write_text(folder_.path() / "text", text));
    openssl({"dgst", "-sha256", "-sign", "key", "-out", "signature", "text"});
    return {.body = json{{"token", text + '.' + encoded(read("signature"))}}.dump()};
  }

  util::TempDir folder_ = std::move(*util::TempDir::create());
  std::mutex mutex_;
  http::Server server_ = std::move(*http::Server::start([this](const auto& received) { return answer(received); }));
};

util::Result<std::string> pull(const std::string& url, const Credentials& credentials) {
  const auto folder = *util::TempDir::create();
  RegistryClient client(Endpoint{.url = url, .credentials = credentials});
  CP_TRY(pull_files(client, {"app", "1", {"bin/x"}, folder.path()}));
  return util::read_text(folder.path() / "x");
}

util::Status push(const std::string& url, const Credentials& credentials) {
  RegistryClient client(Endpoint{.url = url, .credentials = credentials});
  return push(client, "app", "1", image_of({{"bin/x", "content"}}));
}

TEST(RealRegistry, TakesTheTokensOfItsService) {
  if (!process::find_program("openssl")) GTEST_SKIP() << "needs openssl";
  const TokenService tokens;
  const auto registry = RealRegistry::start({{"REGISTRY_AUTH", "token"},
                                             {"REGISTRY_AUTH_TOKEN_REALM", tokens.url()},
                                             {"REGISTRY_AUTH_TOKEN_SERVICE", "service"},
                                             {"REGISTRY_AUTH_TOKEN_ISSUER", "issuer"},
                                             {"REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE", tokens.certificate()}});
  if (!registry) GTEST_SKIP() << "needs docker-registry";
  const auto refused = push(registry->url(), {});
  ASSERT_FALSE(refused) << "strangers may only pull";
  EXPECT_EQ(refused.error().what, "the registry answered 401 instead of 202");
  const auto pushed = push(registry->url(), {"user", "secret", {}});
  ASSERT_TRUE(pushed) << util::to_text(pushed.error());
  EXPECT_EQ(pull(registry->url(), {}), "content");
}

TEST(RealRegistry, TakesALogin) {
  const auto registry = RealRegistry::with_login();
  if (!registry) GTEST_SKIP() << "needs docker-registry";
  ASSERT_TRUE(push(registry->url(), {"user", "secret", {}}));
  EXPECT_EQ(pull(registry->url(), {"user", "secret", {}}), "content");
  EXPECT_EQ(pull(registry->url(), {"user", "wrong", {}}).error().what, "the registry answered 401 instead of 200");
}

} // namespace
} // namespace cacheproof::oci
