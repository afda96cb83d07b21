#pragma once

#include "sandbox/contained_registries.hpp"
#include "sandbox/daemon.hpp"
#include "sandbox/folder.hpp"
#include "sandbox/registry.hpp"
#include "sandbox/users_engine.hpp"
#include "util/result.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace cacheproof::sandbox {

/// The programs a sandbox is made of, by path; of which version they are is not its business.
struct Programs {
  DaemonKind kind = DaemonKind::buildkitd;
  bool images_in_containerd = false; ///< of a dockerd that would keep them in layers of its own
  std::filesystem::path daemon;
  std::filesystem::path buildctl; ///< of a buildkitd
  std::filesystem::path runc;
  std::filesystem::path registry; ///< docker-registry or distribution's; unused beside a user's registry
};

/// What a daemon has beside what every sandbox gives it.
struct DaemonExtras {
  std::string config; ///< text of buildkitd.toml
  std::map<std::string, std::string> environment;
  std::vector<std::string> flags;
};

struct Options {
  Programs programs;
  std::optional<UsersEngine> engine; ///< in the place of a dockerd of our own; it is every daemon of the sandbox
  bool wipe = false;                 ///< everything is removed from it before it is a fresh daemon
  std::string registry;              ///< `host:port` of one of the user's, plain HTTP; empty: one is taken of
  std::shared_ptr<ContainedRegistries> contained_registries; ///< these; empty: `programs.registry` is started
  std::size_t registries = 1;
  std::filesystem::path root;              ///< below which its folder is made; empty: where there is room
  bool keep = false;                       ///< the folder stays
  std::vector<std::string> mirrored_hosts; ///< whose images the sandbox's registry serves, e.g. `docker.io`
  std::string upstream;                    ///< `host:port` of what is asked next for the images of `upstream_hosts`
  std::vector<std::string> upstream_hosts;
  /// More of every daemon's; asked with the places of the registries, once they are known, and the sandbox's folder.
  std::function<DaemonExtras(const std::vector<std::string>& registries, const std::filesystem::path& folder)>
      daemon_extras;
  /// Called with a daemon that does not become ready, or cannot be proven empty, before it ends.
  std::function<void(Daemon&)> on_unready;
  std::stop_token stop;
};

/// That nothing was there before the first build.
struct CleanProof {
  std::size_t disk_usage_records = 0;   ///< of the first daemon's cache
  std::vector<std::string> catalogue;   ///< of the registry; at the user's, of what is the sandbox's
  std::vector<std::string> environment; ///< NAME=value of the clients, sorted
};

/// An error unless the daemon has neither a cache nor builds that it remembers.
util::Status prove_empty(Daemon& daemon);

/// The clean world of one case: a folder, a registry, a daemon at a time beside those that are kept. It owns all of
/// them and ends them in reverse. Nothing is waited for before it is needed: what starts, starts together, and what is
/// over ends in the background.
class Sandbox {
public:
  /// Starts the registry and the first daemon and waits for neither.
  static util::Result<std::unique_ptr<Sandbox>> open(Options options);
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  const std::filesystem::path& folder() const { return folder_.path(); }
  Registry& registry() { return registries_.front(); }
  std::vector<Registry>& registries() { return registries_; }
  /// Waits for the registries and proves them empty: before anything is pushed to one.
  util::Status await_registry();
  /// The next daemon, ready, on an empty root and proven empty; the previous one is retired. It has been started
  /// earlier if `start_next_daemon` was called.
  util::Result<Daemon*> fresh_daemon();
  /// The daemon of a builder that is kept for the case, ready; of that program, started on an empty root and proven
  /// empty when it is asked for the first time.
  util::Result<Daemon*> kept_daemon(const std::string& name, const std::filesystem::path& program);
  /// Ends the daemon of that builder and removes its state (its log stays): the next `kept_daemon` is a new one.
  util::Status drop_daemon(const std::string& name);
  /// A daemon of the caller's own, on an empty root, beside all others; started and not waited for.
  util::Result<std::unique_ptr<Daemon>> launch_daemon(const std::filesystem::path& program);
  /// Starts the daemon that the next `fresh_daemon` will give, and does not wait for it.
  util::Status start_next_daemon();
  /// That one; nullptr where none was started.
  Daemon* next_daemon() { return next_.get(); }
  /// Ends the present daemon and removes its state (its log stays), in the background; one at a time.
  void retire_daemon();
  /// The whole environment of a client: a HOME and a DOCKER_CONFIG in the sandbox, nothing of the caller's.
  std::map<std::string, std::string> client_environment() const;
  /// Whole once the registry and the first daemon were proven empty.
  const CleanProof& clean_proof() const { return proof_; }
  /// Ends everything and removes the folder. What could not be ended or removed is the error. Once is enough.
  util::Status close();

private:
  Sandbox(Options options, Folder folder);
  std::map<std::string, std::string> daemon_environment(std::map<std::string, std::string> environment) const;
  std::map<std::string, std::vector<std::string>> mirrors() const;
  util::Status launch_registry();
  util::Status await_registry(Registry& registry);
  util::Status retired();
  util::Status await(Daemon& daemon);

  Options options_;
  Folder folder_;
  std::vector<Registry> registries_;
  std::unique_ptr<Daemon> daemon_;
  std::unique_ptr<Daemon> next_;
  std::map<std::string, std::unique_ptr<Daemon>> kept_;
  std::future<util::Status> retiring_;
  int daemons_ = 0;
  CleanProof proof_;
  bool closed_ = false;
};

} // namespace cacheproof::sandbox
