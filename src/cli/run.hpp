#pragma once

#include <stop_token>
#include <string>

namespace cacheproof::cli {

/// Plays one scenario file as `cacheproof run FILE` does, and returns its exit code.
int play_file(const std::string& file, std::stop_token stop);

} // namespace cacheproof::cli
