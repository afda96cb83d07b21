#include "process/deadline.hpp"

#include <condition_variable>
#include <mutex>

namespace cacheproof::process {

Deadline::Deadline(const std::stop_token& parent, std::chrono::milliseconds limit)
    : forward_(parent, [this] { end(false); }),
      timer_([this, limit](const std::stop_token& over) {
        std::mutex mutex;
        std::unique_lock lock(mutex);
        std::condition_variable_any woken;
        woken.wait_for(lock, over, limit, [] { return false; });
        if (!over.stop_requested()) end(true);
      }) {}

void Deadline::end(bool late) {
  if (ended_.exchange(true)) return;
  passed_ = late;
  source_.request_stop();
}

} // namespace cacheproof::process
