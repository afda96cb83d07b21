#pragma once

#include "http/server.hpp"
#include "oci/credentials.hpp"
#include "sandbox/registry.hpp"
#include "util/files.hpp"

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace cacheproof::sandbox::test {

/// Plays a public registry: a real docker-registry behind a door that asks for a login, or has had enough.
class PublicRegistry {
public:
  enum class Mood { serves, limits };

  PublicRegistry();

  std::string address() const { return door_.address(); }
  std::string url() const { return door_.url(); }

  /// Pushes a busybox in whose environment GREETING stands, and returns its digest.
  std::string push(const std::string& repository, const std::string& tag, const std::string& greeting);
  void set(Mood mood);
  /// From now on only a token (Bearer) opens the door, and only this user gets one.
  void ask_for(const oci::Credentials& credentials);
  /// From now on this user's name and password (Basic) open the door.
  void ask_basic_for(const oci::Credentials& credentials);
  /// What happens when somebody asks for `/event`: a step of a build, say.
  void on_event(std::function<void()> event);
  /// `GET /v2/…` and `HEAD /v2/…`, in order.
  std::vector<std::string> requests() const;

private:
  http::Answer answer(const http::Received& received);

  util::TempDir folder_ = util::TempDir::create().value();
  std::optional<Registry> registry_;
  mutable std::mutex mutex_;
  Mood mood_ = Mood::serves;
  std::optional<oci::Credentials> user_;
  bool basic_ = false;
  std::function<void()> event_;
  std::vector<std::string> requests_;
  http::Server door_;
};

/// Debian's docker-registry; empty where it is not installed.
std::filesystem::path registry_program();

} // namespace cacheproof::sandbox::test
