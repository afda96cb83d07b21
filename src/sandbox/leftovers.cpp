#include "sandbox/leftovers.hpp"

#include "sandbox/bridge.hpp"
#include "sandbox/folder.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <poll.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <system_error>
#include <thread>

namespace cacheproof::sandbox {
namespace {

namespace fs = std::filesystem;

/// For the kernel to take down what was killed: a process with its pid namespace, a control group with its last task.
constexpr int k_patience_ms = 5000;

std::string mark_of(const fs::path& folder) {
  return std::string(k_mark) + "=" + folder.string();
}

bool has_variable(const fs::path& process, const std::string& variable) {
  const auto environment = util::read_text(process / "environ"); // unreadable: gone, or not ours
  if (!environment) return false;
  const auto variables = util::split(*environment, '\0');
  return std::find(variables.begin(), variables.end(), variable) != variables.end();
}

/// proc(5): space, tab, newline and backslash in mountinfo are written as `\040` and so on.
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

std::vector<fs::path> mounts_below(const fs::path& folder) {
  std::vector<fs::path> mounts;
  const auto table = util::read_text("/proc/self/mountinfo");
  for (const auto& line : util::lines(table.value_or(""))) {
    const auto fields = util::split(line, ' ');
    if (fields.size() < 5) continue;
    const auto place = unescaped(fields[4]);
    if (place == folder || place.starts_with(folder.string() + "/")) mounts.emplace_back(place);
  }
  return mounts;
}

/// In the one hierarchy of cgroup v2, or in each one of v1.
std::vector<fs::path> cgroups(const fs::path& folder) {
  const auto name = folder.filename();
  std::vector<fs::path> found;
  std::error_code error;
  std::vector<fs::path> hierarchies{"/sys/fs/cgroup"};
  for (const auto& entry : fs::directory_iterator("/sys/fs/cgroup", error))
    if (entry.is_directory(error) && !entry.is_symlink(error)) hierarchies.push_back(entry.path());
  for (const auto& hierarchy : hierarchies) {
    const fs::path top = hierarchy / name;
    if (!fs::is_directory(top, error)) continue;
    found.push_back(top);
    for (const auto& entry : fs::recursive_directory_iterator(top, error))
      if (entry.is_directory(error)) found.push_back(entry.path());
  }
  return found;
}

std::vector<fs::path> networks(const fs::path& folder) {
  const auto name = folder.filename().string();
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/run/netns", error)) {
    const auto one = entry.path().filename().string();
    if (one == name || one.starts_with(name + "-")) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// What `ip netns delete` does: the namespace itself ends with its last process. The file may be all that is left.
std::error_code remove_network(const fs::path& network) {
  if (umount2(network.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0 && errno != EINVAL)
    return {errno, std::generic_category()};
  if (unlink(network.c_str()) != 0 && errno != ENOENT) return {errno, std::generic_category()};
  return {};
}

/// A group that had tasks a moment ago stays busy until the kernel has buried the last one; v1 has no event for that.
std::error_code remove_cgroup(const fs::path& group) {
  for (int waited = 0;; waited += 20) {
    if (rmdir(group.c_str()) == 0 || errno == ENOENT) return {};
    if (errno != EBUSY || waited >= k_patience_ms) return {errno, std::generic_category()};
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

/// Holds the process, if it still is the marked one: now that we hold it, the number cannot become another's.
util::Fd open_marked(int pid, const std::string& variable) {
  util::Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (pidfd && !has_variable(fs::path("/proc") / std::to_string(pid), variable)) pidfd.reset();
  return pidfd;
}

} // namespace

std::vector<int> marked(const std::string& variable) {
  std::vector<int> pids;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const auto name = entry.path().filename().string();
    if (!std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c); })) continue;
    if (has_variable(entry.path(), variable)) pids.push_back(std::stoi(name));
  }
  return pids;
}

Leftovers leftovers(const fs::path& folder) {
  return {marked(mark_of(folder)), mounts_below(folder), cgroups(folder), networks(folder), bridges_of(folder)};
}

std::string cgroup_of(const fs::path& folder) {
  return "/" + folder.filename().string();
}

void signal_marked(const std::string& variable, int signal, int except) {
  for (const int pid : marked(variable))
    if (const auto pidfd = open_marked(pid, variable); pidfd && pid != except)
      syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0);
}

util::Status end_marked(const std::string& variable, int except) {
  std::vector<std::string> left;
  for (const int pid : marked(variable)) {
    const auto pidfd = open_marked(pid, variable);
    if (!pidfd || pid == except) continue;
    syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
    pollfd descriptor{pidfd.get(), POLLIN, 0};
    if (poll(&descriptor, 1, k_patience_ms) != 1) left.push_back(std::to_string(pid));
  }
  if (left.empty()) return {};
  return util::failure("processes that do not end: " + util::join(left, ", "), "kill -9");
}

util::Status clear(const fs::path& folder) {
  std::vector<std::string> problems;
  if (auto ended = end_marked(mark_of(folder)); !ended) problems.push_back(ended.error().what);
  auto mounts = mounts_below(folder);
  std::reverse(mounts.begin(), mounts.end()); // what was mounted later may lie on what was mounted before
  for (const auto& mount : mounts)
    if (umount2(mount.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0)
      problems.push_back("mount " + mount.string() + ": " + std::strerror(errno));
  auto groups = cgroups(folder);
  std::reverse(groups.begin(), groups.end());
  for (const auto& group : groups)
    if (const auto error = remove_cgroup(group))
      problems.push_back("cgroup " + group.string() + ": " + error.message());
  for (const auto& network : networks(folder))
    if (const auto error = remove_network(network))
      problems.push_back("network namespace " + network.string() + ": " + error.message());
  for (const auto& bridge : bridges_of(folder))
    if (const auto removed = remove_bridge(bridge); !removed)
      problems.push_back("bridge " + bridge + ": " + removed.error().what);
  if (problems.empty()) return {};
  return util::failure("left behind of " + folder.string() + ": " + util::join(problems, "; "),
                       {},
                       "remove it by hand, or run `cacheproof clean` later");
}

} // namespace cacheproof::sandbox
