#pragma once

#include "process/command.hpp"
#include "util/result.hpp"

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace cacheproof::process {

/// How a process ended: by a code or by a signal, never a bare int.
struct Exit {
  std::optional<int> code;
  std::optional<int> signal;
  bool ok() const { return code == 0; }
  bool operator==(const Exit&) const = default;
};
/// `exit code 1`, `killed by signal 9 (Killed)`
std::string to_text(const Exit& exit);

/// Where a running program's stdout and stderr go.
struct StartOptions {
  std::filesystem::path log; ///< both streams, appended; empty: /dev/null
  bool inherited = false;    ///< both to where our own go
};

/// A running program in a process group of its own. Its owner ends it: the destructor stops it with a short grace.
/// It ends with cacheproof too, however that ends (PR_SET_PDEATHSIG; it fires when the spawning thread ends, so every
/// spawn happens on one thread that lives as long as the program).
class Process {
public:
  /// A program that is missing or not executable is an error with its name and a remedy.
  static util::Result<Process> start(const Command& command, const StartOptions& options = {});
  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;
  ~Process();

  pid_t pid() const;
  /// Nothing while it runs. Reaps.
  std::optional<Exit> poll();
  /// Waits until it has ended, the deadline has passed or a stop is requested; nothing in the last two cases.
  std::optional<Exit> wait(std::chrono::milliseconds limit, std::stop_token stop = {});
  /// `signal` to the whole group, up to `grace` for it to end, then SIGKILL to the group, then reaps.
  Exit stop(int signal = SIGTERM, std::chrono::milliseconds grace = std::chrono::seconds(5));

private:
  struct State;
  explicit Process(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct RunOptions {
  std::chrono::milliseconds timeout = std::chrono::minutes(2);
  std::stop_token stop;
  std::function<void(std::string_view)> on_output; ///< pieces of stdout and stderr as they come; may be empty
  /// Called when the program is to be stopped, before it hears of it, with whether its time is over (else a stop was
  /// requested); may be empty.
  std::function<void(bool late)> before_stop;
};

/// What a program that ran to its end left.
struct Finished {
  Exit exit;
  std::string out;
  std::string err;
  bool timed_out = false;   ///< it was stopped because the time was over
  bool interrupted = false; ///< it was stopped because a stop was requested
};

/// Runs to the end with both streams captured, whatever their size, and stdin from /dev/null. Only a program that could
/// not be started is an error; any exit is a value.
util::Result<Finished> run(const Command& command, const RunOptions& options = {});

/// The first executable file of that name in `path` (default: the program's PATH), as an absolute path.
std::optional<std::filesystem::path> find_program(std::string_view name, std::optional<std::string> path = {});

} // namespace cacheproof::process
