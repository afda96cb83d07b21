#include "util/waiting.hpp"

#include <condition_variable>
#include <mutex>
#include <utility>

namespace cacheproof::util {

void wait(std::chrono::milliseconds time, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, std::move(stop), time, [] { return false; });
}

} // namespace cacheproof::util
