#pragma once

#include "buildkit/client.hpp"
#include "process/process.hpp"
#include "util/result.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace cacheproof::sandbox {

enum class DaemonKind {
  buildkitd,
  dockerd, ///< a Docker engine, with a BuildKit in it
};

struct DaemonSetup {
  DaemonKind kind = DaemonKind::buildkitd;
  bool images_in_containerd = false; ///< a setting of dockerd
  std::filesystem::path program;
  std::filesystem::path runc;
  std::filesystem::path folder;                   ///< of this daemon alone, empty at the start
  std::map<std::string, std::string> environment; ///< the whole of it
  std::vector<std::string> registries;            ///< `host:port` or `host:port/path`, plain HTTP
  /// Who is asked for the images of a host before the host itself, in order: `host:port` or `host:port/path`, plain
  /// HTTP.
  std::map<std::string, std::vector<std::string>> mirrors;
  std::string cgroup; ///< that its containers are put under
  std::string config; ///< more of buildkitd.toml, of which a dockerd has none; where it has a table that is written
                      ///< here too, they are one
  std::vector<std::string> flags; ///< more of the command line
};

/// What it is given to answer for the first time: one starts within some milliseconds, an engine within 2 s (measured
/// on 20.10.24 to 29.2.0).
std::chrono::milliseconds start_limit(DaemonKind kind);

/// A buildkitd or a dockerd with a root of its own. It runs in pid and mount namespaces of its own: when it ends,
/// however it ends, no container process and no mount of it is left (measured on v0.11.6, v0.17.3 and v0.34.2 by
/// killing either process of the two in the middle of a RUN). A dockerd starts a containerd of its own in there. One
/// for all engines would be no clean state: a blob that one namespace of it has is there for every other one without
/// being sent (measured on 1.6.20). Or the user's engine, which is neither started nor ended.
class Daemon {
public:
  /// Starts it and does not wait.
  static util::Result<std::unique_ptr<Daemon>> launch(const DaemonSetup& setup);
  /// The user's engine that listens at `socket`: of the setup only the folder, the registries and the mirrors count.
  static util::Result<std::unique_ptr<Daemon>> attach(const DaemonSetup& setup, const std::filesystem::path& socket);
  DaemonKind kind() const { return kind_; }
  /// Returns when its API answers. Its early death and a stop request are noticed at once.
  util::Status wait_ready(std::chrono::milliseconds limit = std::chrono::seconds(10), std::stop_token stop = {});
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  /// A buildkitd in a container of this engine is asked from now on, once it answers: the engine's only one, or in a
  /// user's engine the one of that name.
  util::Status enter_container(const std::string& name, std::stop_token stop = {});
  /// Whether it is.
  bool entered() const { return contained_ > 0; }
  /// What is written for a buildkitd in a container of this engine.
  std::filesystem::path contained_config() const { return socket_.parent_path() / "buildkitd.toml"; }

  bool alive();
  /// How it ended, unless it runs or was stopped here.
  std::optional<std::string> died();
  /// Whether there is a connection to its API: from `wait_ready` on.
  bool ready() const { return client_.has_value(); }
  buildkit::Client& client() { return *client_; }
  const std::filesystem::path& log() const { return log_; }
  std::string log_tail() const;
  const std::filesystem::path& socket() const { return socket_; }
  std::string address() const { return "unix://" + socket_.string(); }
  /// Ends it to hear where it hangs: the stacks of all its goroutines, as Go prints them on SIGQUIT. Empty when it does
  /// not answer even to that, and of the user's engine.
  std::string dump_goroutines();
  /// Ends it in good order and starts it again on what it keeps; `wait_ready` comes after it, as after `launch`. An
  /// error of the user's engine.
  util::Status restart();
  /// Ends it and everything that ran in its namespaces at once: nobody waits for its results any more, and what it
  /// keeps is thrown away.
  util::Status stop();

private:
  std::string containerd_now() const;
  bool is_left() const;
  Daemon(std::optional<process::Process> process, const DaemonSetup& setup, process::Command command);
  std::optional<process::Exit> ended(std::chrono::milliseconds limit, std::stop_token stop = {});
  std::optional<process::Process> process_; ///< none of the user's engine
  DaemonKind kind_;
  std::string name_;       ///< of its program
  std::string bridge_;     ///< of a dockerd
  std::string containerd_; ///< of a dockerd, that it started: what its file of the pid says
  std::filesystem::path log_;
  std::filesystem::path socket_;
  std::string mark_;
  std::string oom_kills_; ///< of the machine, at its start
  process::Command command_;
  std::optional<buildkit::Client> client_;
  int contained_ = 0; ///< the process of a buildkitd in a container
  bool stopped_ = false;
};

} // namespace cacheproof::sandbox
