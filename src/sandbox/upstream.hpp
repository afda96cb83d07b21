#pragma once

#include "http/server.hpp"
#include "oci/reference.hpp"
#include "sandbox/mirrors.hpp"
#include "util/result.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace cacheproof::sandbox {

/// What the daemons of one case ask for base images of public registries: buildkitd gets its address as a mirror of
/// their hosts. A tag is resolved once, so that one that moves between two rounds changes nothing; all bytes come from
/// the mirrors of the run. What cannot be had is kept as an error, and the daemon is answered so that it does not go on
/// to the public registry by itself.
class Upstream {
public:
  /// `images` are those that the case may pull; for anything else of their hosts (a cache) the daemon asks the host
  /// itself, as if nobody stood between.
  static util::Result<std::unique_ptr<Upstream>>
  start(Mirrors& mirrors, const std::vector<oci::Reference>& images, std::stop_token stop = {});

  /// `127.0.0.1:PORT`, plain HTTP.
  std::string address() const { return server_->address(); }
  std::vector<std::string> hosts() const;
  /// Digest by image (`docker.io/library/alpine:latest`) of the tags that were asked for so far.
  std::map<std::string, std::string> pins() const;
  /// The first image that could not be had.
  std::optional<util::Error> failure() const;

private:
  struct Wanted;
  Upstream(Mirrors& mirrors, const std::vector<oci::Reference>& images, std::stop_token stop);
  http::Answer answer(const http::Received& received);
  http::Answer manifest(const http::Received& received, const Wanted& wanted);
  http::Answer blob(const Wanted& wanted);
  util::Result<std::string> pinned(const http::Received& received, const Wanted& wanted, const MirrorUse& mirror);
  util::Error refused(const Wanted& wanted, const MirrorUse& mirror, std::string_view body) const;
  http::Answer refuse(util::Error error);

  Mirrors& mirrors_;
  std::set<std::string> images_; ///< in full
  std::set<std::string> repositories_;
  std::stop_token stop_;
  std::mutex resolving_; ///< two rounds of one case never see two digests
  mutable std::mutex mutex_;
  std::map<std::string, std::string> pins_;
  std::optional<util::Error> failure_;
  std::optional<http::Server> server_; ///< the last: its end waits for its handlers
};

} // namespace cacheproof::sandbox
