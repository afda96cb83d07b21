#pragma once

#include "http/server.hpp"
#include "util/hash.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace cacheproof::oci {

/// A registry in memory that knows just what the client asks.
class FakeRegistry {
public:
  std::map<std::string, std::pair<std::string, std::string>> manifests; ///< `repo/manifests/tag` → type, body
  std::map<std::string, std::string> blobs;                             ///< by digest
  int uploads = 0;
  /// Answers in the place of the registry where it wants to.
  std::function<std::optional<http::Answer>(const http::Received&)> spoil;

  std::string address() const { return server_.address(); }

private:
  http::Answer answer(const http::Received& received) {
    const std::lock_guard lock(mutex_);
    if (spoil)
      if (auto spoilt = spoil(received)) return *spoilt;
    const auto path = received.target.substr(4); // behind `/v2/`
    if (path.empty()) return {};
    if (path.starts_with("_catalog")) {
      if (path.find("last=") != std::string::npos) return {.body = R"({"repositories":["a"]})"};
      return {.headers = {{"Link", "</v2/_catalog?n=100&last=b>; rel=\"next\""}}, .body = R"({"repositories":["b"]})"};
    }
    if (path.find("/manifests/") != std::string::npos) return manifest(received, path);
    if (received.method == "POST") return {.status = 202, .headers = {{"Location", "/v2/x/blobs/uploads/1?state=s"}}};
    if (received.method == "PUT") {
      ++uploads;
      blobs[path.substr(path.find("&digest=") + 8)] = received.body;
      return {.status = 201};
    }
    const auto found = blobs.find(path.substr(path.rfind('/') + 1));
    return found == blobs.end() ? http::Answer{.status = 404} : http::Answer{.body = found->second};
  }

  http::Answer manifest(const http::Received& received, const std::string& path) {
    if (received.method == "PUT") {
      std::string type;
      for (const auto& [name, value] : received.headers)
        if (name == "Content-Type") type = value;
      manifests[path] = {type, received.body};
      return {.status = 201};
    }
    const auto found = manifests.find(path);
    if (found == manifests.end()) return {.status = 404};
    return {.headers = {{"Content-Type", found->second.first}}, .body = found->second.second};
  }

  std::mutex mutex_;
  http::Server server_ = std::move(*http::Server::start([this](const auto& received) { return answer(received); }));
};

} // namespace cacheproof::oci
