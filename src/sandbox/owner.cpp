#include "sandbox/owner.hpp"

#include "util/files.hpp"
#include "util/text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <unistd.h>

#include <ctime>
#include <map>
#include <string_view>

namespace cacheproof::sandbox {
namespace {

/// Field 22 of proc_pid_stat(5); the second one is the program's name in parentheses, with whatever is in it.
std::optional<unsigned long long> start_of(pid_t pid) {
  const auto text = util::read_text(fmt::format("/proc/{}/stat", pid)).value_or("");
  const auto after_name = text.rfind(") ");
  if (after_name == std::string::npos) return {};
  const auto fields = util::split(std::string_view(text).substr(after_name + 2), ' '); // from the third on
  return fields.size() > 19 ? util::parse_number<unsigned long long>(fields[19]) : std::nullopt;
}

std::string boot_id() {
  return std::string(util::trim(util::read_text("/proc/sys/kernel/random/boot_id").value_or("unknown")));
}

std::string wall_time(unsigned long long ticks_after_boot) {
  timespec up{};
  clock_gettime(CLOCK_BOOTTIME, &up);
  const auto age = up.tv_sec - static_cast<time_t>(ticks_after_boot) / sysconf(_SC_CLK_TCK);
  const std::time_t at = std::time(nullptr) - age;
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(at));
}

} // namespace

Owner this_process() {
  const auto start = start_of(getpid()).value_or(0);
  return {getpid(), start, boot_id(), wall_time(start)};
}

std::string to_marker(const Owner& owner) {
  return fmt::format("pid {}\nstart {}\nboot {}\nat {}\n", owner.pid, owner.start, owner.boot, owner.at);
}

std::optional<Owner> from_marker(const std::string& text) {
  std::map<std::string, std::string> values;
  for (const auto& line : util::lines(text))
    if (const auto blank = line.find(' '); blank != std::string::npos)
      values[line.substr(0, blank)] = line.substr(blank + 1);
  const auto pid = util::parse_number<pid_t>(values["pid"]);
  const auto start = util::parse_number<unsigned long long>(values["start"]);
  if (!pid || !start || values["boot"].empty() || values["at"].empty()) return {};
  return Owner{*pid, *start, values["boot"], values["at"]};
}

std::string epitaph(const Owner& owner) {
  std::string end = "ended";
  if (owner.boot != boot_id()) {
    end = "before the last boot";
  } else if (start_of(owner.pid) == owner.start) {
    end = "which gave it up";
  }
  return fmt::format("left by pid {}, started {}, {}", owner.pid, owner.at, end);
}

} // namespace cacheproof::sandbox
