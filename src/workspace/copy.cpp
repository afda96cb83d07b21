#include "workspace/copy.hpp"

#include "util/files.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

namespace cacheproof::workspace {
namespace fs = std::filesystem;
namespace {

util::Status copy_content(const fs::path& from, const util::Fd& in, const util::Fd& out, const fs::path& to) {
  if (ioctl(out.get(), FICLONE, in.get()) == 0) return {};
  std::array<char, 1U << 16U> piece{};
  while (true) {
    const ssize_t count = read(in.get(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure("cannot read", from);
    if (count == 0) return {};
    for (ssize_t written = 0; written < count;) {
      const ssize_t more = write(out.get(), piece.data() + written, static_cast<std::size_t>(count - written));
      if (more < 0 && errno == EINTR) continue;
      if (more < 0) return system_failure("cannot write", to);
      written += more;
    }
  }
}

/// Only `user.` attributes: those enter BuildKit's content keys (explain-facts 4), and everyone may set them.
util::Status copy_xattrs(const fs::path& from, const fs::path& to) {
  const ssize_t size = llistxattr(from.c_str(), nullptr, 0);
  if (size <= 0) return {}; // none, or a file system without them
  std::vector<char> names(static_cast<std::size_t>(size));
  const ssize_t filled = llistxattr(from.c_str(), names.data(), names.size());
  for (ssize_t at = 0; at < filled;) {
    const char* name = names.data() + at;
    at += static_cast<ssize_t>(std::strlen(name)) + 1;
    if (!std::string_view(name).starts_with("user.")) continue;
    const ssize_t length = lgetxattr(from.c_str(), name, nullptr, 0);
    if (length < 0) return system_failure("cannot read an extended attribute of", from);
    std::vector<char> value(static_cast<std::size_t>(length));
    if (lgetxattr(from.c_str(), name, value.data(), value.size()) != length
        || lsetxattr(to.c_str(), name, value.data(), value.size(), 0) != 0)
      return system_failure("cannot copy an extended attribute to", to);
  }
  return {};
}

/// Owner (as far as we may), then mode (a change of owner clears set-user-id bits), then times.
util::Status copy_metadata(const fs::path& from, const fs::path& to, const struct stat& info) {
  if (geteuid() == 0 && lchown(to.c_str(), info.st_uid, info.st_gid) != 0) return system_failure("cannot chown", to);
  if (!S_ISLNK(info.st_mode)) {
    CP_TRY(copy_xattrs(from, to));
    if (chmod(to.c_str(), info.st_mode & 07777U) != 0) return system_failure("cannot chmod", to);
  }
  const timespec times[] = {info.st_atim, info.st_mtim};
  if (utimensat(AT_FDCWD, to.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
    return system_failure("cannot set the times of", to);
  return {};
}

util::Status copy_regular(const fs::path& from, const fs::path& to) {
  const util::Fd in(open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!in) return system_failure("cannot read", from);
  const util::Fd out(open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out) return system_failure("cannot write", to);
  return copy_content(from, in, out, to);
}

} // namespace

tl::unexpected<util::Error> system_failure(const char* what, const fs::path& path) {
  const int code = errno;
  return util::failure(std::string(what) + " " + path.string() + ": " + std::strerror(code),
                       {},
                       code == ENOSPC ? "make room on that file system" : "");
}

util::Status copy_tree(const fs::path& from, const fs::path& to) {
  struct stat info {};
  if (lstat(from.c_str(), &info) != 0) return system_failure("cannot read", from);
  if (S_ISDIR(info.st_mode)) {
    if (mkdir(to.c_str(), 0700) != 0) return system_failure("cannot make the folder", to);
    std::error_code error;
    for (fs::directory_iterator it(from, error), end; !error && it != end; it.increment(error))
      CP_TRY(copy_tree(it->path(), to / it->path().filename()));
    if (error) return util::failure("cannot read " + from.string() + ": " + error.message());
  } else if (S_ISREG(info.st_mode)) {
    CP_TRY(copy_regular(from, to));
  } else if (S_ISLNK(info.st_mode)) {
    std::error_code error;
    const auto target = fs::read_symlink(from, error);
    if (!error) fs::create_symlink(target, to, error);
    if (error) return util::failure("cannot copy the link " + from.string() + ": " + error.message());
  } else {
    return util::failure("the context holds " + from.string() + ", which is no file, folder or link",
                         {},
                         "remove it: sockets, pipes and devices are no build input",
                         util::Blame::input);
  }
  return copy_metadata(from, to, info);
}

} // namespace cacheproof::workspace
