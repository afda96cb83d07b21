#include "http/client.hpp"
#include "sandbox/public_registry.hpp"
#include "sandbox/refusal.hpp"
#include "sandbox/upstream.hpp"
#include "util/base64.hpp"
#include "util/files.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <string>

namespace cacheproof::sandbox {
namespace {

using testing::HasSubstr;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr const char* k_digest = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

/// A case that may pull `library/alpine:latest` of a public registry on loopback.
class UpstreamTest : public testing::Test {
protected:
  void SetUp() override {
    if (test::registry_program().empty()) GTEST_SKIP() << "docker-registry is not installed";
    public_ = std::make_unique<test::PublicRegistry>();
    image_ = public_->address() + "/library/alpine:latest";
    setenv("DOCKER_CONFIG", root_.path().c_str(), 1);
  }
  void TearDown() override { unsetenv("DOCKER_CONFIG"); }

  /// Another case of the same run.
  std::unique_ptr<Upstream> open_case() {
    const oci::Reference image{public_->address(), "library/alpine", "latest", {}};
    auto upstream = Upstream::start(mirrors_, {image});
    EXPECT_TRUE(upstream) << util::to_text(upstream.error());
    return upstream ? std::move(*upstream) : nullptr;
  }

  /// As containerd asks a mirror.
  http::Response ask(const Upstream& upstream, const std::string& path, const std::string& method = "GET") const {
    auto escaped = public_->address();
    escaped.replace(escaped.find(':'), 1, "%3A");
    const auto response = http::send({.method = method,
                                      .url = "http://" + upstream.address() + "/v2/" + path + "?ns=" + escaped,
                                      .headers = {{"Accept",
                                                   "application/vnd.docker.distribution.manifest.v2+json, "
                                                   "application/vnd.oci.image.manifest.v1+json, */*"}}});
    EXPECT_TRUE(response) << util::to_text(response.error());
    return response.value_or(http::Response{});
  }
  std::string tag_digest(const Upstream& upstream) const {
    return ask(upstream, "library/alpine/manifests/latest", "HEAD").header("Docker-Content-Digest").value_or("none");
  }
  static std::string failure(const Upstream& upstream) {
    const auto error = upstream.failure();
    return error ? error->what : "none";
  }
  void log_in(const std::string& user, const std::string& password) const {
    write_login(fmt::format(R"("auth": "{}")", util::base64(user + ":" + password)));
  }
  void write_login(const std::string& fields) const {
    const auto config = fmt::format(R"({{"auths": {{"{}": {{{}}}}}}})", public_->address(), fields);
    ASSERT_TRUE(util::write_text(root_.path() / "config.json", config));
  }

  util::TempDir root_ = util::TempDir::create().value();
  std::unique_ptr<test::PublicRegistry> public_;
  std::string image_;
  Mirrors mirrors_{test::registry_program(), root_.path() / "mirror"};
};

TEST_F(UpstreamTest, KeepsATagWhereItWasForACaseAndSeesItMovedInTheNext) {
  const auto first = public_->push("library/alpine", "latest", "one");
  const auto one = open_case();
  EXPECT_EQ(tag_digest(*one), first);
  const auto second = public_->push("library/alpine", "latest", "two");
  ASSERT_NE(first, second);
  EXPECT_EQ(tag_digest(*one), first);
  const auto two = open_case();
  EXPECT_EQ(tag_digest(*two), second);
  EXPECT_THAT(one->pins(), UnorderedElementsAre(Pair(image_, first)));
  EXPECT_THAT(two->pins(), UnorderedElementsAre(Pair(image_, second)));
  EXPECT_EQ(failure(*one), "none");
}

TEST_F(UpstreamTest, SendsForBlobsToTheMirror) {
  public_->push("library/alpine", "latest", "one");
  const auto upstream = open_case();
  const auto manifest = ask(*upstream, "library/alpine/manifests/latest").body;
  const auto digest = manifest.substr(manifest.find("sha256:"), 71);
  const auto blob = ask(*upstream, "library/alpine/blobs/" + digest);
  EXPECT_EQ(blob.status, 307);
  const auto read = http::send({.url = blob.header("Location").value_or("")});
  ASSERT_TRUE(read) << util::to_text(read.error());
  EXPECT_EQ(read->status, 200);
  EXPECT_EQ(failure(*upstream), "none");
}

TEST_F(UpstreamTest, LeavesWhatIsNoImageOfTheCaseToTheDaemon) {
  const auto upstream = open_case();
  EXPECT_EQ(ask(*upstream, "library/alpine/manifests/cache").status, 404);
  EXPECT_EQ(ask(*upstream, "team/app/manifests/latest").status, 404);
  EXPECT_EQ(failure(*upstream), "none");
  EXPECT_EQ(public_->requests().size(), 0u) << "not even a mirror was started";
}

TEST_F(UpstreamTest, SaysThatTheRateLimitIsReachedAndLetsTheDaemonTryNobodyElse) {
  public_->push("library/alpine", "latest", "one");
  public_->set(test::PublicRegistry::Mood::limits);
  const auto upstream = open_case();
  EXPECT_EQ(ask(*upstream, "library/alpine/manifests/latest", "HEAD").status, 304);
  EXPECT_EQ(failure(*upstream),
            "the image " + image_
                + " could not be pulled: the registry answers 429 Too Many Requests (its rate limit): "
                + "You have reached your pull rate limit.");
}

TEST_F(UpstreamTest, SaysTheRateLimitOfABlobToo) {
  public_->push("library/alpine", "latest", "one");
  const auto upstream = open_case();
  tag_digest(*upstream);
  public_->set(test::PublicRegistry::Mood::limits);
  EXPECT_EQ(ask(*upstream, std::string("library/alpine/blobs/") + k_digest).status, 304);
  EXPECT_THAT(failure(*upstream), HasSubstr("429 Too Many Requests"));
}

TEST_F(UpstreamTest, SaysThatThereIsNoSuchImage) {
  const auto upstream = open_case();
  EXPECT_EQ(ask(*upstream, "library/alpine/manifests/latest", "HEAD").status, 304);
  EXPECT_THAT(failure(*upstream), HasSubstr("alpine:latest could not be pulled: there is no such image"));
}

TEST_F(UpstreamTest, SaysThatNobodyAnswers) {
  auto upstream = Upstream::start(mirrors_, {{"127.0.0.1:9", "library/alpine", "latest", {}}}).value();
  const auto response =
      http::send({.url = "http://" + upstream->address() + "/v2/library/alpine/manifests/latest?ns=127.0.0.1%3A9"});
  EXPECT_EQ(response->status, 304);
  EXPECT_THAT(failure(*upstream), HasSubstr("127.0.0.1:9/library/alpine:latest could not be pulled"));
  EXPECT_THAT(failure(*upstream), HasSubstr("cannot be reached"));
}

TEST_F(UpstreamTest, UsesTheLoginOfTheUser) {
  const auto pushed = public_->push("library/alpine", "latest", "one");
  public_->ask_for({.username = "me", .password = "hunter2", .identity_token = {}});
  log_in("me", "hunter2");
  const auto upstream = open_case();
  EXPECT_EQ(tag_digest(*upstream), pushed);
}

TEST_F(UpstreamTest, SaysThatALoginIsWantedOrWrong) {
  public_->push("library/alpine", "latest", "one");
  public_->ask_for({.username = "me", .password = "hunter2", .identity_token = {}});
  log_in("me", "wrong-word");
  const auto upstream = open_case();
  EXPECT_EQ(tag_digest(*upstream), "none");
  EXPECT_THAT(failure(*upstream), HasSubstr("the registry answers 401, it wants a login: incorrect username"));
  EXPECT_THAT(upstream->failure()->remedy, HasSubstr("docker login " + public_->address()));
  EXPECT_EQ(util::to_text(*upstream->failure()).find("wrong-word"), std::string::npos);
}

TEST_F(UpstreamTest, SaysThatTheMirrorKnowsNoBasicLogin) {
  public_->push("library/alpine", "latest", "one");
  public_->ask_basic_for({.username = "me", .password = "hunter2", .identity_token = {}});
  log_in("me", "hunter2");
  const auto upstream = open_case();
  EXPECT_EQ(tag_digest(*upstream), "none");
  EXPECT_THAT(failure(*upstream), HasSubstr("wants name and password (Basic)"));
  EXPECT_THAT(upstream->failure()->remedy, HasSubstr("tokens only"));
}

TEST_F(UpstreamTest, SaysThatTheMirrorKnowsNoIdentityToken) {
  public_->push("library/alpine", "latest", "one");
  public_->ask_for({.username = "me", .password = "hunter2", .identity_token = {}});
  write_login(R"("identitytoken": "a-refresh-token")");
  const auto upstream = open_case();
  EXPECT_EQ(tag_digest(*upstream), "none");
  EXPECT_THAT(failure(*upstream), HasSubstr("the registry answers 401, and the login for it is an identity token"));
  EXPECT_EQ(util::to_text(*upstream->failure()).find("a-refresh-token"), std::string::npos);
}

// Bodies of docker-registry 2.8.2 in proxy mode, as measured.
TEST(Refusal, IsReadFromWhatAProxyWraps) {
  const auto wrapped = [](const std::string& detail) {
    return R"({"errors":[{"code":"UNKNOWN","message":"unknown error","detail":)" + detail + "}]}";
  };
  const std::map<std::string, Refusal> bodies{
      {R"({"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]})",
       {429, "You have reached your pull rate limit."}},
      {R"({"ParseErr":{"Offset":0},"StatusCode":429,"Response":""})", {429, ""}},
      {R"({"Op":"Get","URL":"http://h/v2/","Err":{"code":"UNAUTHORIZED","message":"incorrect username or password"}})",
       {401, "incorrect username or password"}},
      {R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Name":"a"}}]})",
       {404, "manifest unknown"}},
      {R"({"Op":"Get","URL":"http://h/v2/","Err":{"Op":"dial","Net":"tcp","Err":{"Syscall":"connect","Err":111}}})",
       {0, "Connection refused"}},
      {R"({"Op":"Get","URL":"https://h/v2/","Err":{"Op":"dial","Net":"tcp","Err":{"Err":"no such host","Name":"h"}}})",
       {0, "no such host"}}};
  for (const auto& [detail, refusal] : bodies) EXPECT_EQ(read_refusal(wrapped(detail)), refusal) << detail;
  EXPECT_EQ(read_refusal("no JSON"), (Refusal{0, "no JSON"}));
}

TEST(Refusal, IsSaidWithItsRemedy) {
  const auto said = [](int status, Obstacle obstacle = Obstacle::none, const std::string& words = "") {
    const auto error = to_error({status, words}, "ghcr.io/team/app:1", obstacle);
    EXPECT_EQ(error.blame, util::Blame::rig);
    constexpr std::string_view image = "the image ghcr.io/team/app:1 could not be pulled: ";
    EXPECT_EQ(error.what.substr(0, image.size()), image);
    return error.what.substr(image.size()) + " -> " + error.remedy;
  };
  EXPECT_EQ(said(429, Obstacle::none, "slow down"),
            "the registry answers 429 Too Many Requests (its rate limit): slow down -> wait, or log in (docker login): "
            "a user may pull more often; what was pulled once is not asked for again");
  EXPECT_EQ(said(401),
            "the registry answers 401, it wants a login -> docker login ghcr.io as the user who calls cacheproof; a "
            "registry may also answer so for an image that does not exist");
  EXPECT_EQ(said(403, Obstacle::basic),
            "the registry answers 403 and wants name and password (Basic) -> the mirror knows logins with tokens only "
            "(docker-registry 2.8): serve the image from a registry that needs no login, or from the sandbox (`setup: "
            "{images: {NAME: busybox}}`)");
  EXPECT_EQ(said(401, Obstacle::identity_token),
            "the registry answers 401, and the login for it is an identity token -> the mirror knows name and password "
            "only (docker-registry 2.8): docker login ghcr.io with a password or an access token");
  EXPECT_EQ(said(404), "there is no such image -> check its name and its tag in the Dockerfile");
  EXPECT_EQ(said(0, Obstacle::none, "no such host"),
            "the registry cannot be reached: no such host -> check the network, or serve the image from the sandbox "
            "(`setup: {images: {NAME: busybox}}`)");
  EXPECT_EQ(said(503), "the registry answers 503 -> try again later; the trouble is the registry's");
}

} // namespace
} // namespace cacheproof::sandbox
