#include "process/signals.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <thread>

namespace cacheproof::process {
namespace {

/// Forks a child that handles signals and then does `work`; returns its pid once it is ready for them.
pid_t child_that(const std::function<int(const StopOnSignals&)>& work) {
  int ready[2];
  EXPECT_EQ(pipe(ready), 0);
  const pid_t pid = fork();
  if (pid == 0) {
    const StopOnSignals signals;
    EXPECT_EQ(write(ready[1], "x", 1), 1);
    _exit(work(signals));
  }
  char byte = 0;
  EXPECT_EQ(read(ready[0], &byte, 1), 1);
  close(ready[0]);
  close(ready[1]);
  return pid;
}

int exit_code_of(pid_t pid) {
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int wait_for_stop(const StopOnSignals& signals) {
  while (!signals.token().stop_requested()) std::this_thread::yield();
  return 128 + signals.signal();
}

TEST(Signals, BecomeAStopRequest) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const pid_t pid = child_that(wait_for_stop);
    kill(pid, signal);
    EXPECT_EQ(exit_code_of(pid), 128 + signal);
  }
}

TEST(Signals, TheSecondEndsTheProgramAtOnce) {
  const pid_t pid = child_that([](const StopOnSignals& signals) {
    wait_for_stop(signals);
    kill(getpid(), SIGTERM); // the second one, while the program does not heed the first
    for (;;) pause();
    return 0;
  });
  kill(pid, SIGINT);
  EXPECT_EQ(exit_code_of(pid), 128 + SIGTERM);
}

TEST(Signals, NoneIsNone) {
  const StopOnSignals signals;
  EXPECT_EQ(signals.signal(), 0);
  EXPECT_FALSE(signals.token().stop_requested());
}

} // namespace
} // namespace cacheproof::process
