#include "util/files.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace cacheproof::util {
namespace fs = std::filesystem;
namespace {

/// An error of the system in words, with a remedy where one is known.
tl::unexpected<Error> system_failure(const std::string& what, int code) {
  std::string remedy;
  if (code == ENOSPC || code == EDQUOT) remedy = "make room on that file system";
  if (code == EACCES || code == EPERM || code == EROFS) remedy = "check who owns the folder and whether it is writable";
  return failure(what + ": " + std::strerror(code), {}, remedy);
}

} // namespace

void Fd::reset(int fd) {
  if (fd_ >= 0) close(fd_);
  fd_ = fd;
}

bool hold_alone(const Fd& fd) {
  return flock(fd.get(), LOCK_EX | LOCK_NB) == 0;
}
bool hold_shared(const Fd& fd) {
  return flock(fd.get(), LOCK_SH | LOCK_NB) == 0;
}

Result<std::string> read_text(const fs::path& path) {
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return system_failure("cannot read " + path.string(), errno);
  std::string text;
  std::array<char, 65536> piece{};
  while (true) {
    const ssize_t count = read(file.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure("cannot read " + path.string(), errno);
    if (count == 0) return text;
    text.append(piece.data(), static_cast<size_t>(count));
  }
}

Status write_text(const fs::path& path, std::string_view text) {
  static std::atomic<unsigned> writes{0};
  const std::string temporary = fmt::format("{}.{}.{}.part", path.string(), getpid(), writes++);
  const Fd file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!file) return system_failure("cannot write " + path.string(), errno);
  const auto give_up = [&](int code) {
    unlink(temporary.c_str());
    return system_failure("cannot write " + path.string(), code);
  };
  while (!text.empty()) {
    const ssize_t count = write(file.get(), text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return give_up(errno);
    text.remove_prefix(static_cast<size_t>(count));
  }
  if (rename(temporary.c_str(), path.c_str()) != 0) return give_up(errno);
  return {};
}

Status make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) return system_failure("cannot make the folder " + path.string(), error.value());
  return {};
}

Status remove_tree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error.value() == EACCES) {
    // A folder without write permission keeps its content from everyone but root: open those up and try once more.
    std::error_code ignored;
    for (fs::recursive_directory_iterator it(path, ignored), end; it != end; it.increment(ignored))
      if (it->is_directory(ignored) && !it->is_symlink(ignored))
        fs::permissions(it->path(), fs::perms::owner_all, fs::perm_options::add, ignored);
    fs::remove_all(path, error);
  }
  if (error) return system_failure("cannot remove " + path.string(), error.value());
  return {};
}

Result<fs::path> make_unique_directory(const fs::path& parent, std::string_view prefix) {
  std::string path = (parent / prefix).string() + "XXXXXX";
  if (!mkdtemp(path.data())) return system_failure("cannot make a folder in " + parent.string(), errno);
  return fs::path(path);
}

Result<uintmax_t> free_space(const fs::path& path) {
  std::error_code error;
  const auto space = fs::space(path, error);
  if (error) return system_failure("cannot ask for the free space of " + path.string(), error.value());
  return space.available;
}

Result<TempDir> TempDir::create(const fs::path& parent, std::string_view prefix) {
  CP_TRY_ASSIGN(auto path, make_unique_directory(parent, prefix));
  return TempDir(std::move(path));
}

TempDir::~TempDir() {
  if (!path_.empty()) static_cast<void>(remove_tree(path_));
}

} // namespace cacheproof::util
