#pragma once

#include "process/process.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <map>
#include <stop_token>
#include <string>

namespace cacheproof::sandbox {

/// A registry of a sandbox's own, as a process on a loopback port, empty at the start.
class Registry {
public:
  /// Keeps its files below `folder`, whose name also is what it is recognised by.
  static util::Result<Registry> start(const std::filesystem::path& program,
                                      const std::filesystem::path& folder,
                                      const std::map<std::string, std::string>& environment,
                                      std::stop_token stop = {});

  /// `127.0.0.1:PORT`
  const std::string& address() const { return address_; }
  const std::filesystem::path& log() const { return log_; }
  /// Whether it lives and answers; the error carries the log's tail.
  util::Status check();
  void stop();

private:
  Registry(process::Process process, std::string address, std::string identity, std::filesystem::path log);
  process::Process process_;
  std::string address_;
  std::string identity_;
  std::filesystem::path log_;
};

} // namespace cacheproof::sandbox
