#pragma once

#include "process/process.hpp"
#include "sandbox/port.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <map>
#include <stop_token>
#include <string>

namespace cacheproof::sandbox {

/// A registry of a sandbox's own, as a process on a loopback port, empty at the start.
class Registry {
public:
  /// Starts it and does not wait. It keeps its files below `folder`, whose name also is what it is recognised by.
  static util::Result<Registry> launch(const std::filesystem::path& program,
                                       const std::filesystem::path& folder,
                                       const std::map<std::string, std::string>& environment);
  /// Returns when it answers. Its early death and a stop request are noticed at once.
  util::Status wait_ready(std::stop_token stop = {});

  /// `127.0.0.1:PORT`
  const std::string& address() const { return address_; }
  const std::filesystem::path& log() const { return log_; }
  /// Whether it lives and answers; the error carries the log's tail.
  util::Status check();
  void stop();

private:
  Registry(
      process::Process process, Port port, std::string identity, std::filesystem::path log, std::string command_line);
  process::Process process_;
  Port port_;
  std::string address_;
  std::string identity_;
  std::filesystem::path log_;
  std::string command_line_;
};

} // namespace cacheproof::sandbox
