#pragma once

#include <stop_token>

namespace cacheproof::process {

/// Turns SIGINT, SIGTERM and SIGHUP into a stop request, so that every wait ends and every owner cleans up. A second
/// signal ends the program at once; its processes end with it and the next start sweeps what is left.
/// Made once, first thing in `main`, before any other thread: threads inherit the blocked signals.
class StopOnSignals {
public:
  StopOnSignals();
  ~StopOnSignals();
  StopOnSignals(const StopOnSignals&) = delete;
  StopOnSignals& operator=(const StopOnSignals&) = delete;

  std::stop_token token() const;
  /// The first signal that came, 0 without one. The program's exit code is then 128 plus it.
  int signal() const;

private:
  struct State;
  State* state_;
};

} // namespace cacheproof::process
