#pragma once

#include "sandbox/mirror.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>

namespace cacheproof::sandbox {

/// A mirror in use, and whom it mirrors.
struct MirrorUse {
  std::string address;         ///< `127.0.0.1:PORT`
  std::string upstream;        ///< URL, without user name and password
  bool identity_token = false; ///< the user's login is one, which the mirror cannot use
};

/// The mirrors of a run: each is leased when the first image of its host is asked for, with the user's login for that
/// host, and all are held until the run ends. Safe to call from several threads.
class Mirrors {
public:
  /// `root` holds a folder per upstream; `limit` is the bound of each.
  Mirrors(std::filesystem::path program, std::filesystem::path root, std::uintmax_t limit = MirrorSetup::k_no_limit);

  /// The mirror for images of `host` (`docker.io`, `ghcr.io`, `127.0.0.1:5000`).
  util::Result<MirrorUse> of(const std::string& host, std::stop_token stop = {});

private:
  std::filesystem::path program_;
  std::filesystem::path root_;
  std::uintmax_t limit_;
  std::mutex mutex_;
  std::map<std::string, std::pair<Mirror, MirrorUse>> leased_; ///< by host
};

} // namespace cacheproof::sandbox
