#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <stop_token>
#include <thread>

namespace cacheproof::process {

/// A stop request that also comes when the time is over: it bounds work of many waits, of which each has only a limit
/// of its own.
class Deadline {
public:
  Deadline(const std::stop_token& parent, std::chrono::milliseconds limit);

  std::stop_token token() const { return source_.get_token(); }
  /// The time was over before anything else asked for a stop: true already when the stop is heard of.
  bool passed() const { return passed_; }

private:
  void end(bool late);

  std::stop_source source_;
  std::atomic<bool> ended_ = false;
  std::atomic<bool> passed_ = false;
  std::stop_callback<std::function<void()>> forward_;
  std::jthread timer_;
};

} // namespace cacheproof::process
