#pragma once

#include "sandbox/sandbox.hpp"
#include "toolchain/toolchain.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::engine {

/// The programs a case is played with: those of one BuildKit version, and what makes the base image.
struct Rig {
  std::string version; ///< as the toolchain says it
  sandbox::Programs programs;
  std::filesystem::path busybox;        ///< a static one
  std::string registry;                 ///< `host:port` of the user's own, which then stands in for `programs.registry`
  std::vector<toolchain::Lease> leases; ///< nobody removes what is used from the store meanwhile
};

/// What a rig is made of, as it is written on the command line.
struct RigChoice {
  std::string buildkit; ///< `v0.34.2`, or `path:DIR`
  std::string registry =
      "auto"; ///< `process` (Debian's, as `auto`), `v3` or `v3.1.2` (distribution), `path:FILE`, a URL
};

/// Finds the programs, installing what is missing and saying so. A program that cannot be had is an error with its
/// remedy.
util::Result<Rig>
prepare_rig(const RigChoice& choice, std::stop_token stop, const std::function<void(std::string_view)>& say);

} // namespace cacheproof::engine
