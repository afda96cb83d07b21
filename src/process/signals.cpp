#include "process/signals.hpp"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

namespace cacheproof::process {
namespace {

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  return set;
}

} // namespace

struct StopOnSignals::State {
  std::stop_source stop;
  std::atomic<int> first{0};
  std::atomic<bool> ended{false};
  std::thread thread;
};

StopOnSignals::StopOnSignals()
    : state_(new State) {
  const sigset_t set = handled_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  state_->thread = std::thread([state = state_, set] {
    int signal = 0;
    while (sigwait(&set, &signal) == 0 && !state->ended) {
      int none = 0;
      if (!state->first.compare_exchange_strong(none, signal)) _exit(128 + signal);
      state->stop.request_stop();
    }
  });
}

StopOnSignals::~StopOnSignals() {
  state_->ended = true;
  pthread_kill(state_->thread.native_handle(), SIGTERM); // wakes the sigwait above
  state_->thread.join();
  delete state_;
}

std::stop_token StopOnSignals::token() const {
  return state_->stop.get_token();
}

int StopOnSignals::signal() const {
  return state_->first;
}

} // namespace cacheproof::process
