#include "process/process.hpp"

#include "process/spawn.hpp"
#include "process/waiting.hpp"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace cacheproof::process {

std::string to_text(const Exit& exit) {
  if (exit.code) return "exit code " + std::to_string(*exit.code);
  if (!exit.signal) return "an unknown end";
  const char* name = sigdescr_np(*exit.signal);
  return "killed by signal " + std::to_string(*exit.signal) + (name ? std::string(" (") + name + ")" : "");
}

struct Process::State {
  Child child;
  pid_t pid; ///< also after the child is reaped
  std::optional<Exit> exit;
};

Process::Process(std::unique_ptr<State> state)
    : state_(std::move(state)) {}
Process::Process(Process&&) noexcept = default;
Process& Process::operator=(Process&& other) noexcept {
  std::swap(state_, other.state_); // what this one ran ends with `other`
  return *this;
}
Process::~Process() {
  if (state_) stop(SIGTERM, std::chrono::seconds(1));
}

util::Result<Process> Process::start(const Command& command, const StartOptions& options) {
  util::Fd log;
  if (!options.log.empty()) {
    log.reset(open(options.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (!log)
      return util::failure("cannot write the log " + options.log.string() + ": " + std::strerror(errno),
                           to_line(command));
  }
  const int out = options.inherited ? STDOUT_FILENO : log.get();
  const int err = options.inherited ? STDERR_FILENO : log.get();
  CP_TRY_ASSIGN(auto child, spawn(command, out, err));
  const pid_t pid = child.pid();
  return Process(std::make_unique<State>(State{std::move(child), pid, {}}));
}

pid_t Process::pid() const {
  return state_->pid;
}

std::optional<Exit> Process::poll() {
  if (!state_->exit && state_->child.ended()) state_->exit = state_->child.reap();
  return state_->exit;
}

std::optional<Exit> Process::wait(std::chrono::milliseconds limit, std::stop_token stop) {
  if (poll()) return state_->exit;
  const StopEvent stopped(std::move(stop));
  std::array<pollfd, 2> descriptors{{{state_->child.descriptor(), POLLIN, 0}, {stopped.fd(), POLLIN, 0}}};
  poll_until(descriptors, deadline_after(limit));
  return poll();
}

Exit Process::stop(int signal, std::chrono::milliseconds grace) {
  if (state_->exit) return *state_->exit;
  state_->child.signal_group(signal);
  if (const auto exit = wait(grace)) return *exit;
  state_->child.signal_group(SIGKILL);
  state_->exit = state_->child.reap();
  return *state_->exit;
}

} // namespace cacheproof::process
