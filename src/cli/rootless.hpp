#pragma once

#include "util/result.hpp"

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace cacheproof::cli {

/// One thing that a plain user lacks to play without root, and what to do about it.
struct Lack {
  std::string what;
  std::string remedy;
};
/// Empty where rootlesskit(1) can make a user namespace for us, in which the program is root and may mount.
std::vector<Lack> lacks_for_rootless();

/// For root, nothing: go on. For a plain user the exit code of the same command line, run as root inside such a
/// namespace; an error says what is missing for that.
util::Result<std::optional<int>> run_inside(std::stop_token stop);

} // namespace cacheproof::cli
