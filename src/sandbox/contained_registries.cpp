#include "sandbox/contained_registries.hpp"

#include <utility>

namespace cacheproof::sandbox {

ContainedRegistries::~ContainedRegistries() {
  if (ahead_) static_cast<void>(ahead_->stop()); // what stays, the next start sweeps
}

util::Status ContainedRegistries::try_out(const std::stop_token& stop) {
  const std::lock_guard lock(mutex_);
  CP_TRY_ASSIGN(ahead_, Registry::launch_container(image_));
  auto ready = ahead_->wait_ready(stop);
  if (!ready) {
    static_cast<void>(ahead_->stop());
    ahead_.reset();
  }
  return ready;
}

void ContainedRegistries::expect(std::size_t more) {
  const std::lock_guard lock(mutex_);
  expected_ += more;
}

util::Result<Registry> ContainedRegistries::take() {
  const std::lock_guard lock(mutex_);
  if (expected_ > 0) --expected_;
  auto taken = std::exchange(ahead_, std::nullopt);
  if (!taken) {
    CP_TRY_ASSIGN(taken, Registry::launch_container(image_));
  }
  if (expected_ > 0)
    if (auto next = Registry::launch_container(image_)) ahead_ = std::move(*next); // else who takes it hears why
  return std::move(*taken);
}

} // namespace cacheproof::sandbox
