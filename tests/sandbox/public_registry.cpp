#include "sandbox/public_registry.hpp"

#include "http/client.hpp"
#include "oci/image.hpp"
#include "oci/registry_client.hpp"
#include "process/process.hpp"
#include "util/base64.hpp"
#include "util/hash.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace cacheproof::sandbox::test {
namespace {

const http::Headers k_json{{"Content-Type", "application/json"}};

http::Answer refuse(int status, const std::string& code, const std::string& message, http::Headers headers = k_json) {
  const nlohmann::json body = {{"errors", {{{"code", code}, {"message", message}}}}};
  return {.status = status, .headers = std::move(headers), .body = body.dump()};
}

std::string header(const http::Received& received, const std::string& wanted) {
  for (const auto& [name, value] : received.headers)
    if (name == wanted) return value;
  return {};
}

} // namespace

std::filesystem::path registry_program() {
  return process::find_program("docker-registry").value_or("");
}

PublicRegistry::PublicRegistry()
    : door_(http::Server::start([this](const auto& received) { return answer(received); }).value()) {
  auto registry = Registry::launch(
      registry_program(), folder_.path(), {{"HOME", folder_.path().string()}, {"PATH", "/usr/bin:/bin"}});
  EXPECT_TRUE(registry) << util::to_text(registry.error());
  if (registry) registry_.emplace(std::move(*registry));
  EXPECT_TRUE(registry_ && registry_->wait_ready());
}

std::string PublicRegistry::push(const std::string& repository, const std::string& tag, const std::string& greeting) {
  auto image = oci::busybox_image(oci::busybox_layer("/bin/busybox").value()).value();
  auto config = nlohmann::json::parse(image.config);
  config["config"]["Env"].push_back("GREETING=" + greeting);
  image.config = config.dump();
  auto manifest = nlohmann::json::parse(image.manifest);
  manifest["config"]["digest"] = util::sha256_digest(image.config);
  manifest["config"]["size"] = image.config.size();
  image.manifest = manifest.dump();
  oci::RegistryClient client(registry_->address());
  EXPECT_TRUE(oci::push(client, repository, tag, image));
  return util::sha256_digest(image.manifest);
}

void PublicRegistry::set(Mood mood) {
  const std::lock_guard lock(mutex_);
  mood_ = mood;
}

void PublicRegistry::ask_for(const oci::Credentials& credentials) {
  const std::lock_guard lock(mutex_);
  user_ = credentials;
}

void PublicRegistry::ask_basic_for(const oci::Credentials& credentials) {
  ask_for(credentials);
  const std::lock_guard lock(mutex_);
  basic_ = true;
}

void PublicRegistry::on_event(std::function<void()> event) {
  const std::lock_guard lock(mutex_);
  event_ = std::move(event);
}

std::vector<std::string> PublicRegistry::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

http::Answer PublicRegistry::answer(const http::Received& received) {
  if (received.target == "/event") {
    event_();
    return {};
  }
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(received.method + " " + received.target);
    const auto shown = header(received, "Authorization");
    const auto login = user_ ? "Basic " + util::base64(user_->username + ":" + user_->password) : "";
    if (received.target.starts_with("/token")) {
      if (shown != login) return refuse(401, "UNAUTHORIZED", "incorrect username or password");
      return {.headers = k_json, .body = R"({"token":"a-token","expires_in":300})"};
    }
    if (user_ && shown != (basic_ ? login : "Bearer a-token"))
      return refuse(401,
                    "UNAUTHORIZED",
                    "authentication required",
                    {{"Content-Type", "application/json"},
                     {"WWW-Authenticate",
                      basic_ ? "Basic realm=\"x\"" : "Bearer realm=\"" + url() + "/token\",service=\"test\""}});
    if (mood_ == Mood::limits && received.target != "/v2/")
      return refuse(429, "TOOMANYREQUESTS", "You have reached your pull rate limit.");
  }
  http::Request request{.method = received.method, .url = "http://" + registry_->address() + received.target};
  for (const auto& [name, value] : received.headers)
    if (name == "Accept") request.headers.emplace_back(name, value);
  const auto response = http::send(request);
  if (!response) return refuse(502, "UNKNOWN", response.error().what);
  http::Answer answer{.status = response->status, .body = response->body};
  for (const auto& name : {"Content-Type", "Docker-Content-Digest"})
    if (auto value = response->header(name)) answer.headers.emplace_back(name, *value);
  // The length that HEAD announces is the body's that it has not: one of zeros is as long.
  if (received.method == "HEAD") answer.body.resize(std::stoul(response->header("Content-Length").value_or("0")));
  return answer;
}

} // namespace cacheproof::sandbox::test
