#pragma once

#include "process/process.hpp"
#include "sandbox/folder.hpp"
#include "sandbox/port.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

namespace cacheproof::sandbox {

/// The registry of a sandbox: one of its own, a process or a container on a loopback port that is empty at the start,
/// or one of the user's that runs already, of which the sandbox takes repositories below a name that nobody else has.
class Registry {
public:
  /// Starts it and does not wait. It keeps its files under `name` below `folder`, whose name also is what it is
  /// recognised by.
  static util::Result<Registry> launch(const std::filesystem::path& program,
                                       const std::filesystem::path& folder,
                                       const std::map<std::string, std::string>& environment,
                                       const std::string& name = "registry");
  /// The same in a container of the Docker engine that the caller's `docker` reaches, and in a folder of its own: of an
  /// image that it has, published on loopback alone, with its state in memory.
  static util::Result<Registry> launch_container(const std::string& image);
  /// The user's at `host:port`, plain HTTP.
  static Registry of_user(const std::string& address);
  /// Returns when it answers. Its early death and a stop request are noticed at once.
  util::Status wait_ready(std::stop_token stop = {});

  /// `127.0.0.1:PORT`
  const std::string& address() const { return address_; }
  /// What the names of the sandbox's repositories begin with: nothing, or `cacheproof/0123456789abcdef/` at the user's.
  const std::string& prefix() const { return prefix_; }
  /// What `${registry}` means: where the sandbox's repositories lie.
  std::string place() const;
  const std::filesystem::path& log() const { return log_; }
  /// Whether it lives and answers; the error carries the log's tail.
  util::Status check();
  /// Ends it, a container with its folder, whose log is gone then. A container that stays is an error.
  util::Status stop();

private:
  Registry() = default;
  Registry(
      process::Process process, Port port, std::string identity, std::filesystem::path log, std::string command_line);
  util::Status ask(std::stop_token stop) const;
  std::optional<process::Process> process_; ///< none at the user's; of a container the client that waits for it
  std::optional<Folder> folder_;            ///< of a container, whose name is that of its folder
  std::optional<Port> port_;
  std::string prefix_;
  std::string address_;
  std::string identity_;
  std::filesystem::path log_;
  std::string command_line_;
};

} // namespace cacheproof::sandbox
