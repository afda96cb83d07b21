#pragma once

#include "toolchain/toolchain.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace cacheproof::toolchain {

/// Where programs came from; kept beside them in toolchain.json.
struct Origin {
  std::string source;     ///< a URL, or a module and its version
  std::string digest;     ///< `sha256:…` of what was downloaded; empty for a module, which Go verifies
  std::string go_version; ///< of a module; else empty
};

/// Downloads the release tarball of `version` and unpacks buildkitd and buildctl, and nothing else, into `work/bin`.
/// Where there is no way out it gives up within 3 s.
util::Result<Origin>
fetch_release(const std::string& version, const std::filesystem::path& work, const Options& options);

/// Builds buildkitd and buildctl of the Go module of `version` into `work/bin`, as the calling user.
util::Result<Origin>
build_module(const std::string& version, const std::filesystem::path& work, const Options& options);

} // namespace cacheproof::toolchain
