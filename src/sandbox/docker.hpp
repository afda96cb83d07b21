#pragma once

#include "util/result.hpp"

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

namespace cacheproof::sandbox {

/// What the caller's `docker WORD…` prints, of the engine that it reaches by the caller's environment. An error has the
/// last line that it says of its own, and `remedy`.
util::Result<std::string> docker(std::vector<std::string> words,
                                 std::chrono::seconds limit,
                                 const std::stop_token& stop = {},
                                 const std::string& remedy = {});

} // namespace cacheproof::sandbox
