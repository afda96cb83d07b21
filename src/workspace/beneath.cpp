#include "workspace/beneath.hpp"

#include "workspace/copy.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace cacheproof::workspace {
namespace fs = std::filesystem;

timespec to_timespec(std::int64_t nanoseconds) {
  constexpr std::int64_t second = 1'000'000'000;
  const std::int64_t rest = ((nanoseconds % second) + second) % second;
  return {static_cast<time_t>((nanoseconds - rest) / second), static_cast<long>(rest)};
}

util::Fd open_beneath(const util::Fd& root, const std::string& path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags) | O_CLOEXEC;
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return util::Fd(static_cast<int>(syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how)));
}

util::Fd parent_of(const util::Fd& root, const fs::path& path, bool make) {
  fs::path so_far = ".";
  for (const auto& part : path.parent_path()) {
    so_far /= part;
    if (!make || open_beneath(root, so_far.string(), O_PATH | O_DIRECTORY)) continue;
    const auto above = open_beneath(root, so_far.parent_path().string(), O_PATH | O_DIRECTORY);
    if (!above || mkdirat(above.get(), part.c_str(), 0755) != 0) return {};
    fchmodat(above.get(), part.c_str(), 0755, 0);
  }
  return open_beneath(root, so_far.string(), O_PATH | O_DIRECTORY);
}

util::Result<std::string> read_all(const util::Fd& file, const std::string& path) {
  return util::read_text(fmt::format("/proc/self/fd/{}", file.get())).map_error([&](util::Error error) {
    error.what = "cannot read " + path + " of the context";
    return error;
  });
}

bool same_time(const timespec& left, const timespec& right) {
  return left.tv_sec == right.tv_sec && left.tv_nsec == right.tv_nsec;
}

util::Status write_all(const util::Fd& file, std::string_view text, const fs::path& path) {
  if (ftruncate(file.get(), 0) != 0 || lseek(file.get(), 0, SEEK_SET) != 0) return system_failure("cannot write", path);
  while (!text.empty()) {
    const ssize_t count = write(file.get(), text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure("cannot write", path);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

} // namespace cacheproof::workspace
