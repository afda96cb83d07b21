#pragma once

#include <chrono>
#include <stop_token>

namespace cacheproof::util {

/// Returns when that time is over or a stop is requested.
void wait(std::chrono::milliseconds time, std::stop_token stop = {});

} // namespace cacheproof::util
