#pragma once

#include "buildkit/raw_build.hpp"
#include "util/result.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

namespace cacheproof::buildkit {

/// The ears at one daemon: its Control API over an own connection. The client only listens; builds go through the
/// clients that people use. Every call has a deadline; what fails on the way is the rig's error.
class Client {
public:
  /// Connects to a unix socket. That somebody listens there is all it proves; see `ready`.
  static util::Result<Client> connect(const std::filesystem::path& socket);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  /// One call of ListWorkers: an error as long as no worker answers.
  util::Status ready(std::chrono::milliseconds limit);
  /// How many records the daemon's cache holds: 0 on a fresh one.
  util::Result<std::size_t> disk_usage_records(std::chrono::milliseconds limit);
  /// Everything about the build `ref` that has ended: its history record, its events, its provenance. Waits within
  /// `limit` for the record to be complete.
  util::Result<RawBuild> fetch(const std::string& ref, std::chrono::milliseconds limit);
  /// What is known by now about a build that may still run: its events, without record and provenance. Listens for as
  /// long as `limit` at most.
  util::Result<RawBuild> events_so_far(const std::string& ref, std::chrono::milliseconds limit);

private:
  struct Channel;
  explicit Client(std::unique_ptr<Channel> channel);
  std::unique_ptr<Channel> channel_;
};

} // namespace cacheproof::buildkit
