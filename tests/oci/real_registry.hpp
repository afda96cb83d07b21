#pragma once

#include "http/client.hpp"
#include "http/server.hpp"
#include "oci/image.hpp"
#include "oci/tar_support.hpp"
#include "process/process.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cacheproof::oci {

/// The distribution's docker-registry as a process, with a login on request.
class RealRegistry {
public:
  using Environment = std::map<std::string, std::string>;

  /// With these variables on top; nothing where the program is missing or does not come up.
  static std::unique_ptr<RealRegistry> start(const Environment& variables) {
    const auto program = process::find_program("docker-registry");
    if (!program) return nullptr;
    std::unique_ptr<RealRegistry> registry(new RealRegistry(*util::TempDir::create()));
    const auto& folder = registry->folder_.path();
    {
      registry->address_ = http::Server::start([](const http::Received&) { return http::Answer{}; })->address();
    }
    auto environment = variables;
    environment["REGISTRY_HTTP_ADDR"] = registry->address_;
    environment["REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY"] = (folder / "data").string();
    environment["OTEL_TRACES_EXPORTER"] = "none";
    static_cast<void>(util::write_text(folder / "registry.yml", "version: 0.1\nstorage: {filesystem: {}}\n"));
    auto started = process::Process::start(
        {{program->string(), "serve", (folder / "registry.yml").string()}, environment, folder}, {folder / "log"});
    if (!started) return nullptr;
    registry->process_ = std::move(*started);
    for (int i = 0; i < 500 && !http::send({.url = registry->url() + "/v2/"}); ++i)
      if (registry->process_->wait(std::chrono::milliseconds(20))) return nullptr;
    return registry;
  }
  static std::unique_ptr<RealRegistry> open() { return start({}); }
  /// For `user` with the password `secret` alone.
  static std::unique_ptr<RealRegistry> with_login() {
    auto folder = *util::TempDir::create();
    const auto htpasswd = folder.path() / "htpasswd"; // bcrypt of the least cost
    static_cast<void>(
        util::write_text(htpasswd, "user:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n"));
    auto registry = start({{"REGISTRY_AUTH", "htpasswd"},
                           {"REGISTRY_AUTH_HTPASSWD_REALM", "test"},
                           {"REGISTRY_AUTH_HTPASSWD_PATH", htpasswd.string()}});
    if (registry) registry->logins_ = std::move(folder);
    return registry;
  }

  const std::string& address() const { return address_; }
  std::string url() const { return "http://" + address_; }

private:
  explicit RealRegistry(util::TempDir folder)
      : folder_(std::move(folder)) {}
  util::TempDir folder_;
  std::optional<util::TempDir> logins_;
  std::string address_;
  std::optional<process::Process> process_;
};

/// An image of one layer that no engine would run: its config says nothing.
inline Image image_of(const std::vector<Entry>& files) {
  Image image{.layer = tar(files),
              .config = "{}",
              .manifest = {},
              .manifest_type = "application/vnd.docker.distribution.manifest.v2+json"};
  const auto descriptor = [](const char* type, const std::string& bytes) {
    return nlohmann::json{{"mediaType", type}, {"size", bytes.size()}, {"digest", util::sha256_digest(bytes)}};
  };
  image.manifest =
      nlohmann::json{
          {"schemaVersion", 2},
          {"mediaType", image.manifest_type},
          {"config", descriptor("application/vnd.docker.container.image.v1+json", image.config)},
          {"layers",
           nlohmann::json::array({descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", image.layer)})}}
          .dump();
  return image;
}

} // namespace cacheproof::oci
