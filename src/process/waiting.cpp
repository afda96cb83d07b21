#include "process/waiting.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

namespace cacheproof::process {

Clock::time_point deadline_after(std::chrono::milliseconds limit) {
  constexpr std::chrono::milliseconds k_year = std::chrono::hours(24 * 365);
  return Clock::now() + std::min(limit, k_year);
}

void poll_until(std::span<pollfd> descriptors, std::optional<Clock::time_point> deadline) {
  while (true) {
    timespec rest{};
    if (deadline) {
      const auto left = std::max<std::chrono::nanoseconds>(*deadline - Clock::now(), std::chrono::nanoseconds(0));
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
      rest.tv_sec = seconds.count();
      rest.tv_nsec = (left - seconds).count();
    }
    if (ppoll(descriptors.data(), descriptors.size(), deadline ? &rest : nullptr, nullptr) >= 0 || errno != EINTR)
      return;
  }
}

StopEvent::StopEvent(std::stop_token stop)
    : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      callback_(std::move(stop), Raise{fd_.get()}) {}

void StopEvent::Raise::operator()() const noexcept {
  eventfd_write(fd, 1);
}

} // namespace cacheproof::process
