#pragma once

#include "sandbox/sandbox.hpp"
#include "toolchain/toolchain.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

namespace cacheproof::engine {

/// The programs a case is played with: those of one BuildKit version, and what makes the base image.
struct Rig {
  std::string version; ///< as the toolchain says it
  sandbox::Programs programs;
  std::filesystem::path busybox; ///< a static one
  toolchain::Lease lease;        ///< nobody removes the BuildKit from the store meanwhile
};

/// Finds the programs of `version` (`v0.34.2`, or `path:DIR`), installing what is missing and saying so. A program that
/// cannot be had is an error with its remedy.
util::Result<Rig>
prepare_rig(const std::string& version, std::stop_token stop, const std::function<void(std::string_view)>& say);

} // namespace cacheproof::engine
