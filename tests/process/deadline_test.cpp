#include "process/deadline.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stop_token>
#include <thread>

namespace cacheproof::process {
namespace {

using namespace std::chrono_literals;

void wait_for_stop(const std::stop_token& token) {
  while (!token.stop_requested()) std::this_thread::sleep_for(1ms);
}

TEST(Deadline, AsksForAStopWhenTheTimeIsOver) {
  const Deadline deadline({}, 10ms);
  wait_for_stop(deadline.token());
  EXPECT_TRUE(deadline.passed());
}

TEST(Deadline, HasPassedForWhoHearsOfIt) {
  const Deadline deadline({}, 10ms);
  std::atomic<bool> heard = false;
  std::atomic<bool> passed = false;
  const std::stop_callback hear(deadline.token(), [&] {
    passed = deadline.passed();
    heard = true;
  });
  while (!heard) std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(passed);
}

TEST(Deadline, PassesItsParentsWishOnAndDoesNotCallItTime) {
  std::stop_source parent;
  const Deadline deadline(parent.get_token(), 1h);
  EXPECT_FALSE(deadline.token().stop_requested());
  parent.request_stop();
  EXPECT_TRUE(deadline.token().stop_requested());
  EXPECT_FALSE(deadline.passed());
}

TEST(Deadline, EndsWithoutWaitingForItsTime) {
  const Deadline deadline({}, 24h); // a test of its own time limit otherwise
  EXPECT_FALSE(deadline.token().stop_requested());
}

} // namespace
} // namespace cacheproof::process
