#pragma once

#include "util/files.hpp"

#include <poll.h>

#include <chrono>
#include <optional>
#include <span>
#include <stop_token>

namespace cacheproof::process {

using Clock = std::chrono::steady_clock;

/// Now plus `limit`; limits beyond a year are a year, so that "for ever" does not overflow.
Clock::time_point deadline_after(std::chrono::milliseconds limit);

/// poll(2) until a descriptor is ready or the deadline has passed (nothing: none); interrupted calls go on.
void poll_until(std::span<pollfd> descriptors, std::optional<Clock::time_point> deadline);

/// A descriptor that becomes readable when a stop is requested.
class StopEvent {
public:
  explicit StopEvent(std::stop_token stop);
  int fd() const { return fd_.get(); }

private:
  struct Raise {
    int fd;
    void operator()() const noexcept;
  };
  util::Fd fd_;
  std::stop_callback<Raise> callback_;
};

} // namespace cacheproof::process
