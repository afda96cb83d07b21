#pragma once

#include "evidence/case.hpp"

#include <chrono>

namespace cacheproof::engine {

using Clock = std::chrono::steady_clock;

inline evidence::Nanoseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count();
}

/// Does `work` and notes how long it took, under `name`.
template <class Work> auto timed(evidence::Timings& timings, const char* name, Work work) {
  const auto start = Clock::now();
  auto result = work();
  timings.emplace_back(name, since(start));
  return result;
}

} // namespace cacheproof::engine
