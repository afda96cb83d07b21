#pragma once

#include "util/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::toolchain {

enum class Kind {
  buildkit, ///< buildkitd and buildctl
  buildx,
  registry, ///< distribution v3
};

/// The programs of one version of a kind.
struct Kit {
  Kind kind = Kind::buildkit;
  std::string version;       ///< `v0.34.2`
  std::filesystem::path bin; ///< the folder of its programs, absolute
  std::string source;        ///< where they came from: a URL, a module, a path
  std::filesystem::path program(std::string_view name) const { return bin / name; }
  bool operator==(const Kit&) const = default;
};

/// The versions of docker/versions.yaml, oldest first.
const std::vector<std::string>& pinned(Kind kind = Kind::buildkit);
const std::string& default_version(Kind kind = Kind::buildkit);

/// Where programs may come from when the store does not have them.
struct Sources {
  bool release = true; ///< the file of the public project
  bool module = true;  ///< the Go module, built here
};

struct Options {
  std::function<void(std::string_view)> say; ///< hears of each source that is tried and how it ended; may be empty
  std::stop_token stop;
  Sources sources;
  /// Where the releases of all kinds lie: `BASE/vX/buildkit-vX.linux-ARCH.tar.gz`. Empty: $CACHEPROOF_RELEASES_URL,
  /// else the public project's own.
  std::string releases_url;
  std::string go_folder = "/usr/local/go/bin"; ///< looked into after the PATH
};

/// The version from the store; an error with the remedy where it is not installed.
util::Result<Kit> find(Kind kind, std::string_view version);

/// The version from the store, else from the first source that has it. Nobody ever sees a half install; whoever
/// installs the same version meanwhile waits for this one.
util::Result<Kit> install(Kind kind, std::string_view version, const Options& options = {});

/// The programs in `folder` or `folder/bin`, with the version that they say themselves.
util::Result<Kit> from_path(Kind kind, const std::filesystem::path& folder);

/// Removes an installed version. One that is not there is an error.
util::Status remove(Kind kind, std::string_view version);

/// One version that is pinned or installed.
struct Entry {
  std::string version;
  bool pinned = false;
  bool is_default = false;
  std::optional<Kit> installed;
  std::uintmax_t bytes = 0; ///< of what is installed
};
/// All of a kind, oldest first.
std::vector<Entry> list(Kind kind = Kind::buildkit);

} // namespace cacheproof::toolchain
