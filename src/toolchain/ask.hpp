#pragma once

#include "toolchain/sources.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <string>

namespace cacheproof::toolchain {

/// What the first program of a kit says about itself.
struct Said {
  std::string text;
  std::string version; ///< `v0.34.2`; that of no release may be any word
};
/// Runs it in `bin`. An error where it does not run here or names no version.
util::Result<Said> ask_version(const Recipe& recipe, const std::filesystem::path& bin);

} // namespace cacheproof::toolchain
