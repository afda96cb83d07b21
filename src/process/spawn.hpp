#pragma once

#include "process/command.hpp"
#include "process/process.hpp"
#include "util/files.hpp"
#include "util/result.hpp"

#include <sys/types.h>

#include <utility>

namespace cacheproof::process {

/// A started program, which is the leader of a process group of its own. Its owner ends it, at the latest here.
class Child {
public:
  explicit Child(pid_t pid)
      : pid_(pid) {}
  ~Child();
  Child(Child&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)),
        pidfd_(std::move(other.pidfd_)) {}
  Child& operator=(Child&&) = delete;

  util::Status watch(); ///< opens the descriptor below
  pid_t pid() const { return pid_; }
  int descriptor() const { return pidfd_.get(); } ///< readable when the program has ended
  bool ended() const;
  void signal_group(int signal) const;
  /// Waits for the end, and ends what the program left in its group. Once only.
  Exit reap();

private:
  pid_t pid_;
  util::Fd pidfd_;
};

/// Starts `command` in a process group of its own, with stdin from /dev/null and no other descriptor than its three
/// streams (-1: /dev/null), no signal blocked or ignored, and SIGKILL at the death of the program. Returns when it runs
/// or could not.
util::Result<Child> spawn(const Command& command, int out, int err);

} // namespace cacheproof::process
