#pragma once

#include "buildkit/raw_build.hpp"
#include "util/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace cacheproof::buildkit {

/// How the Control API is reached behind a unix socket.
enum class Door {
  daemon, ///< it is buildkitd's own
  engine, ///< it is a Docker engine's, which hands the connection on: `POST /grpc`, `Upgrade: h2c`
};

/// What is removed from a daemon's cache: of the records that nothing uses those that one of the filters names.
struct Pruning {
  std::vector<std::string> filter; ///< as `buildctl prune --filter` takes them: `type==regular`; none: every record
  std::uint64_t keep_bytes = 0;    ///< what may stay, those that were used last; 0: nothing
  bool all = false;                ///< those of contexts and frontends, and what images hold, too
};

/// The ears at one daemon: its Control API over an own connection. Builds go through the clients that people use. Every
/// call has a deadline or a stop; what fails on the way is the rig's error. Calls may be made from several threads.
class Client {
public:
  /// Connects to a unix socket. That somebody listens there is all it proves; see `ready`.
  static util::Result<Client> connect(const std::filesystem::path& socket, Door door = Door::daemon);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  /// One call of ListWorkers: an error as long as no worker answers.
  util::Status ready(std::chrono::milliseconds limit);
  /// The version that it says it has: `v0.25.2`.
  util::Result<std::string> version(std::chrono::milliseconds limit);
  /// How many records the daemon's cache holds: 0 on a fresh one.
  util::Result<std::size_t> disk_usage_records(std::chrono::milliseconds limit);
  /// Everything about the build `ref` that has ended: its history record, its events, its provenance. Waits within
  /// `limit` for the record to be complete.
  util::Result<RawBuild> fetch(const std::string& ref, std::chrono::milliseconds limit);
  /// The events so far of a build that still runs, without record and provenance: of the one that began first, if there
  /// are several; only of those that are `mine` by ref and request, if that is given. An error when none runs. Listens
  /// twice for as long as `limit` at most: no end of the streams comes.
  util::Result<RawBuild> unfinished(std::chrono::milliseconds limit,
                                    const std::function<bool(const RawBuild&)>& mine = {});

  /// The refs of the builds that have ended and that its history still has.
  util::Result<std::vector<std::string>> history(std::chrono::milliseconds limit);
  /// How many those are: none of a daemon that keeps no history.
  util::Result<std::size_t> remembered_builds(std::chrono::milliseconds limit);
  /// A filter that the daemon does not understand is an error of the input.
  util::Status prune(const Pruning& what, std::chrono::milliseconds limit, const std::stop_token& stop);
  /// Removes those builds from its history, and everything from its cache that no build or image holds.
  util::Status forget_all(std::chrono::milliseconds limit, const std::stop_token& stop);
  /// Calls `heard` with the ref and the request of every build that runs or begins, until a stop is requested.
  util::Status listen(const std::function<void(const RawBuild&)>& heard, const std::stop_token& stop);
  /// Calls `heard` with the events so far of the build `ref`, each time that there are more, until it has ended or a
  /// stop is requested. Of a build that has ended: all of them.
  util::Status
  follow(const std::string& ref, const std::function<void(const RawBuild&)>& heard, const std::stop_token& stop);

private:
  struct Channel;
  explicit Client(std::unique_ptr<Channel> channel);
  std::unique_ptr<Channel> channel_;
};

} // namespace cacheproof::buildkit
