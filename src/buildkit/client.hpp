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
  /// The events so far of a build that still runs, without record and provenance: of the one that began first, if there
  /// are several. An error when none runs. Listens twice for as long as `limit` at most: no end of the streams comes.
  util::Result<RawBuild> unfinished(std::chrono::milliseconds limit);

private:
  struct Channel;
  explicit Client(std::unique_ptr<Channel> channel);
  std::unique_ptr<Channel> channel_;
};

} // namespace cacheproof::buildkit
