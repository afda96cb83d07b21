#pragma once

#include "util/result.hpp"

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

namespace cacheproof::sandbox {

/// Whose a sandbox is, as its folder's marker says it to people. It names a process for good, where a pid alone may be
/// another's by now; but whether the owner lives is asked of the marker's lock alone: that also holds across pid
/// namespaces, and for an owner that gave its sandbox up while it goes on.
struct Owner {
  pid_t pid = 0;
  unsigned long long start = 0; ///< clock ticks from the boot to the start of the process: proc_pid_stat(5), field 22
  std::string boot;             ///< /proc/sys/kernel/random/boot_id
  std::string at;               ///< when the process started: `2026-11-25 17:02:11`, local time
  bool operator==(const Owner&) const = default;
};

Owner this_process();
/// The marker's text, a line for each of the four, and back; nothing for any other text.
std::string to_marker(const Owner& owner);
std::optional<Owner> from_marker(const std::string& text);

/// `left by pid 4242, started 2026-11-25 17:02:11, ended`, for an owner that holds the lock no more.
std::string epitaph(const Owner& owner);

} // namespace cacheproof::sandbox
