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

/// The programs of one BuildKit version.
struct BuildKit {
  std::string version; ///< `v0.34.2`
  std::filesystem::path buildkitd;
  std::filesystem::path buildctl;
  std::string source; ///< where they came from: a URL, a module, a path
  bool operator==(const BuildKit&) const = default;
};

/// The versions of docker/versions.yaml, oldest first.
const std::vector<std::string>& pinned();
const std::string& default_version();

/// Where a BuildKit may come from when the store does not have it.
struct Sources {
  bool release = true; ///< the tarball of the public project
  bool module = true;  ///< the Go module, built here
};

struct Options {
  std::function<void(std::string_view)> say; ///< hears of each source that is tried and how it ended; may be empty
  std::stop_token stop;
  Sources sources;
  /// Where the releases lie: `BASE/vX/buildkit-vX.linux-ARCH.tar.gz`. Empty: $CACHEPROOF_RELEASES_URL, else the public
  /// project's.
  std::string releases_url;
  std::string go_folder = "/usr/local/go/bin"; ///< looked into after the PATH
};

/// The version from the store; an error with the remedy where it is not installed.
util::Result<BuildKit> find(std::string_view version);

/// The version from the store, else from the first source that has it. Nobody ever sees a half install; whoever
/// installs the same version meanwhile waits for this one.
util::Result<BuildKit> install(std::string_view version, const Options& options = {});

/// The programs in `folder` or `folder/bin`, with the version that buildkitd itself says.
util::Result<BuildKit> from_path(const std::filesystem::path& folder);

/// Removes an installed version. One that is not there is an error.
util::Status remove(std::string_view version);

/// One version that is pinned or installed.
struct Entry {
  std::string version;
  bool pinned = false;
  bool is_default = false;
  std::optional<BuildKit> installed;
  std::uintmax_t bytes = 0; ///< of what is installed
};
/// All of them, oldest first.
std::vector<Entry> list();

} // namespace cacheproof::toolchain
