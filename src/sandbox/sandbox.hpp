#pragma once

#include "sandbox/daemon.hpp"
#include "sandbox/folder.hpp"
#include "sandbox/registry.hpp"
#include "util/result.hpp"

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace cacheproof::sandbox {

/// The programs a sandbox is made of, by path; of which version they are is not its business.
struct Programs {
  std::filesystem::path buildkitd;
  std::filesystem::path buildctl;
  std::filesystem::path runc;
  std::filesystem::path registry; ///< docker-registry
};

struct Options {
  Programs programs;
  bool keep = false;                       ///< the folder stays
  std::vector<std::string> mirrored_hosts; ///< whose images the sandbox's registry serves, e.g. `docker.io`
  std::stop_token stop;
};

/// That nothing was there before the first build.
struct CleanProof {
  std::size_t disk_usage_records = 0;   ///< of the daemon's cache
  std::vector<std::string> catalogue;   ///< of the registry
  std::vector<std::string> environment; ///< NAME=value of the clients, sorted
};

/// The clean world of one case: a folder, a registry, a daemon at a time. It owns all of them and ends them in reverse.
class Sandbox {
public:
  static util::Result<std::unique_ptr<Sandbox>> open(Options options);
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  const std::filesystem::path& folder() const { return folder_.path(); }
  Registry& registry() { return *registry_; }
  /// Stops the previous daemon, removes its state (its log stays) and starts another one on an empty root.
  util::Result<Daemon*> fresh_daemon();
  /// The whole environment of a client: a HOME and a DOCKER_CONFIG in the sandbox, nothing of the caller's.
  std::map<std::string, std::string> client_environment() const;
  /// What the daemon and the registry say of themselves before the first build; anything found is an error.
  util::Result<CleanProof> prove_clean(Daemon& daemon);
  /// Ends everything and removes the folder. What could not be ended or removed is the error. Once is enough.
  util::Status close();

private:
  Sandbox(Options options, Folder folder);
  std::map<std::string, std::string> daemon_environment() const;
  util::Status end_daemon();

  Options options_;
  Folder folder_;
  std::optional<Registry> registry_;
  std::unique_ptr<Daemon> daemon_;
  std::filesystem::path daemon_folder_;
  int daemons_ = 0;
  bool closed_ = false;
};

} // namespace cacheproof::sandbox
