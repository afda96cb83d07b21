#include "workspace/apply.hpp"

#include "workspace/apply_patch.hpp"
#include "workspace/beneath.hpp"
#include "workspace/copy.hpp"
#include "workspace/edit.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

namespace cacheproof::workspace {
namespace fs = std::filesystem;
namespace {

using Kind = scenario::Edit::Kind;

/// A refusal for what `open_beneath` could not open, in the words of the last errno.
tl::unexpected<util::Error> unopened(const scenario::Edit& edit) {
  if (errno == ENOENT) return refuse(edit, "finds no such file in the context");
  if (errno == EXDEV) return refuse(edit, "leads out of the context");
  return refuse(edit, fmt::format("cannot open it: {}", std::strerror(errno)));
}

/// The file system or our rights cannot do what the edit asks for, which is nobody's mistake: its words are errno's.
tl::unexpected<util::Error> unable(const scenario::Edit& edit, const std::string& doing, const std::string& remedy) {
  const int code = errno;
  switch (code) {
  case EPERM:   // not root; a file system without hard links (link(2))
  case EINVAL:  // an owner that the user namespace does not have
  case ENOTSUP: // a file system without it
  case EMLINK:
  case E2BIG: // more than an attribute takes, or than this file system gives to attributes
  case ENOSPC:
    return util::failure(fmt::format("{}:{}: this machine cannot {} {}: {}",
                                     edit.spot.file,
                                     edit.spot.line,
                                     doing,
                                     edit.path,
                                     std::strerror(code)),
                         {},
                         remedy,
                         util::Blame::unable);
  default:
    return refuse(edit, fmt::format("cannot {}: {}", doing, std::strerror(code)));
  }
}

/// A name in its folder: what acts on a path itself and not on what a link there leads to.
struct Place {
  util::Fd parent;
  std::string name;
  struct stat info {};
  bool there = false;

  /// For calls that take a path; the parent is resolved already, so that no link on the way leads out.
  fs::path path() const { return fs::path(fmt::format("/proc/self/fd/{}", parent.get())) / name; }
};

util::Result<Place> place_of(const util::Fd& root, const scenario::Edit& edit, const std::string& path, bool make) {
  const auto normal = fs::path(path).lexically_normal();
  Place place{parent_of(root, normal, make), normal.filename().string(), {}, false};
  if (!place.parent) return unopened(edit);
  place.there = fstatat(place.parent.get(), place.name.c_str(), &place.info, AT_SYMLINK_NOFOLLOW) == 0;
  if (!place.there && errno != ENOENT) return unopened(edit);
  return place;
}

util::Result<Place> existing(const util::Fd& root, const scenario::Edit& edit, const std::string& path) {
  CP_TRY_ASSIGN(auto place, place_of(root, edit, path, false));
  if (!place.there) return refuse(edit, "finds no such file in the context");
  return place;
}

/// Where something new will be.
util::Result<Place> vacant(const util::Fd& root, const scenario::Edit& edit, const std::string& path) {
  CP_TRY_ASSIGN(auto place, place_of(root, edit, path, true));
  if (place.there) return refuse(edit, fmt::format("finds {} there already", path));
  return place;
}

/// The old file with its mode and owner under a new inode, as editors do that write beside and rename.
util::Result<util::Fd> replaced(const util::Fd& root, const scenario::Edit& edit, const struct stat& old) {
  CP_TRY_ASSIGN(const auto place, existing(root, edit, edit.path));
  const auto beside = "." + place.name + ".cacheproof";
  util::Fd file(openat(place.parent.get(), beside.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) return system_failure("cannot write beside", edit.path);
  if (geteuid() == 0 && fchown(file.get(), old.st_uid, old.st_gid) != 0)
    return system_failure("cannot chown", edit.path);
  if (fchmod(file.get(), old.st_mode & 07777U) != 0) return system_failure("cannot chmod", edit.path);
  if (renameat(place.parent.get(), beside.c_str(), place.parent.get(), place.name.c_str()) != 0)
    return system_failure("cannot rename over", edit.path);
  return file;
}

bool only_metadata_differs(const scenario::Edit& edit, const struct stat& info) {
  return (edit.mtime && !same_time(info.st_mtim, to_timespec(*edit.mtime)))
         || (edit.mode && *edit.mode != (info.st_mode & 07777U));
}

util::Result<std::string> change_content(const util::Fd& root, const scenario::Edit& edit, const char* word) {
  std::optional<std::string> old;
  auto file = open_beneath(root, edit.path, O_RDWR);
  if (!file && errno != ENOENT) return unopened(edit);
  struct stat info {};
  if (file) {
    if (fstat(file.get(), &info) != 0) return system_failure("cannot read", edit.path);
    CP_TRY_ASSIGN(old, read_all(file, edit.path));
  }
  CP_TRY_ASSIGN(const auto text, edited(edit, old));
  if (text == old && !only_metadata_differs(edit, info)) return refuse(edit, "changes nothing");
  if (!file) {
    if (edit.keep_mtime) return refuse(edit, "finds no file whose time it could keep");
    const auto parent = parent_of(root, edit.path, true);
    if (parent) file = open_beneath(root, edit.path, O_RDWR | O_CREAT | O_EXCL, 0644);
    if (!file) return refuse(edit, fmt::format("cannot make the file: {}", std::strerror(errno)));
    fchmod(file.get(), 0644);
  } else if (edit.atomic) {
    CP_TRY_ASSIGN(file, replaced(root, edit, info));
  }
  CP_TRY(write_all(file, text, edit.path));
  if (edit.mode && fchmod(file.get(), *edit.mode) != 0) return system_failure("cannot chmod", edit.path);
  if (edit.mtime || edit.keep_mtime) {
    const timespec times[] = {{0, UTIME_NOW}, edit.mtime ? to_timespec(*edit.mtime) : info.st_mtim};
    if (futimens(file.get(), times) != 0) return system_failure("cannot set the times of", edit.path);
  }
  const auto before = old ? old->size() : 0;
  return fmt::format("{} {} ({} -> {} bytes)", word, edit.path, before, text.size());
}

util::Result<std::string> remove(const util::Fd& root, const scenario::Edit& edit) {
  CP_TRY_ASSIGN(const auto place, existing(root, edit, edit.path));
  CP_TRY(util::remove_tree(place.path()));
  return fmt::format("delete {}", edit.path);
}

util::Result<std::string> touch(const util::Fd& root, const scenario::Edit& edit) {
  const auto file = open_beneath(root, edit.path, O_RDONLY);
  if (!file) return unopened(edit);
  struct stat info {};
  if (fstat(file.get(), &info) != 0) return system_failure("cannot read", edit.path);
  const timespec mtime = edit.mtime ? to_timespec(*edit.mtime) : timespec{0, UTIME_NOW};
  if (edit.mtime && same_time(mtime, info.st_mtim)) return refuse(edit, "changes nothing");
  const timespec times[] = {{0, UTIME_OMIT}, mtime};
  if (futimens(file.get(), times) != 0) return system_failure("cannot set the times of", edit.path);
  return fmt::format("touch {}", edit.path);
}

util::Result<std::string> rename(const util::Fd& root, const scenario::Edit& edit) {
  CP_TRY_ASSIGN(const auto from, existing(root, edit, edit.path));
  CP_TRY_ASSIGN(const auto to, vacant(root, edit, edit.to));
  if (renameat2(from.parent.get(), from.name.c_str(), to.parent.get(), to.name.c_str(), RENAME_NOREPLACE) != 0)
    return refuse(edit, fmt::format("cannot rename it to {}: {}", edit.to, std::strerror(errno)));
  return fmt::format("rename {} to {}", edit.path, edit.to);
}

/// With modes, owners and times, as a context is copied.
util::Result<std::string> copy(const util::Fd& root, const scenario::Edit& edit) {
  CP_TRY_ASSIGN(const auto from, existing(root, edit, edit.path));
  CP_TRY_ASSIGN(const auto to, vacant(root, edit, edit.to));
  CP_TRY(copy_tree(from.path(), to.path()));
  return fmt::format("copy {} to {}", edit.path, edit.to);
}

util::Result<std::string> make_folder(const util::Fd& root, const scenario::Edit& edit) {
  CP_TRY_ASSIGN(const auto place, vacant(root, edit, edit.path));
  const auto mode = edit.mode.value_or(0755);
  if (mkdirat(place.parent.get(), place.name.c_str(), 0700) != 0
      || fchmodat(place.parent.get(), place.name.c_str(), mode, 0) != 0)
    return refuse(edit, fmt::format("cannot make the folder: {}", std::strerror(errno)));
  return fmt::format("mkdir {} ({:04o})", edit.path, mode);
}

util::Result<std::string> make_symlink(const util::Fd& root, const scenario::Edit& edit) {
  CP_TRY_ASSIGN(const auto place, vacant(root, edit, edit.path));
  if (symlinkat(edit.to.c_str(), place.parent.get(), place.name.c_str()) != 0)
    return refuse(edit, fmt::format("cannot make the link: {}", std::strerror(errno)));
  return fmt::format("symlink {} -> {}", edit.path, edit.to);
}

util::Result<std::string> make_hardlink(const util::Fd& root, const scenario::Edit& edit) {
  CP_TRY_ASSIGN(const auto target, existing(root, edit, edit.to));
  CP_TRY_ASSIGN(const auto place, vacant(root, edit, edit.path));
  if (linkat(target.parent.get(), target.name.c_str(), place.parent.get(), place.name.c_str(), 0) != 0)
    return unable(edit, "make the hard link", "TMPDIR names another place");
  return fmt::format("hardlink {} = {}", edit.path, edit.to);
}

util::Result<std::string> change_mode(const util::Fd& root, const scenario::Edit& edit) {
  CP_TRY_ASSIGN(const auto place, existing(root, edit, edit.path));
  if (S_ISLNK(place.info.st_mode)) return refuse(edit, "finds a symbolic link, which has no mode");
  const auto before = place.info.st_mode & 07777U;
  const auto mode = edit.mode.value_or(before);
  if (mode == before) return refuse(edit, "changes nothing");
  if (fchmodat(place.parent.get(), place.name.c_str(), mode, 0) != 0) return system_failure("cannot chmod", edit.path);
  return fmt::format("chmod {} ({:04o} -> {:04o})", edit.path, before, mode);
}

util::Result<std::string> change_owner(const util::Fd& root, const scenario::Edit& edit) {
  CP_TRY_ASSIGN(const auto place, existing(root, edit, edit.path));
  const auto uid = edit.uid.value_or(place.info.st_uid);
  const auto gid = edit.gid.value_or(place.info.st_gid);
  if (uid == place.info.st_uid && gid == place.info.st_gid) return refuse(edit, "changes nothing");
  if (fchownat(place.parent.get(), place.name.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW) != 0)
    return unable(edit, "give away", "only root gives files away, and in a user namespace only to its own ids");
  return fmt::format("chown {} ({}:{} -> {}:{})", edit.path, place.info.st_uid, place.info.st_gid, uid, gid);
}

util::Result<std::string> set_xattr(const util::Fd& root, const scenario::Edit& edit) {
  const auto file = open_beneath(root, edit.path, O_RDONLY);
  if (!file) return unopened(edit);
  std::string before(edit.text.size() + 1, '\0');
  const auto size = fgetxattr(file.get(), edit.name.c_str(), before.data(), before.size());
  if (size >= 0 && before.substr(0, static_cast<std::size_t>(size)) == edit.text)
    return refuse(edit, "changes nothing");
  if (fsetxattr(file.get(), edit.name.c_str(), edit.text.data(), edit.text.size(), 0) != 0)
    return unable(
        edit, "set " + edit.name + " of", "a tmpfs has attributes from Linux 6.6 on; TMPDIR names another place");
  return fmt::format("xattr {} {}", edit.path, edit.name);
}

} // namespace

util::Result<std::string> apply(const util::Fd& root, const scenario::Edit& edit) {
  switch (edit.kind) {
  case Kind::write:
    return change_content(root, edit, "write");
  case Kind::append:
    return change_content(root, edit, "append");
  case Kind::replace:
    return change_content(root, edit, "replace");
  case Kind::remove:
    return remove(root, edit);
  case Kind::touch:
    return touch(root, edit);
  case Kind::rename:
    return rename(root, edit);
  case Kind::copy:
    return copy(root, edit);
  case Kind::mkdir:
    return make_folder(root, edit);
  case Kind::symlink:
    return make_symlink(root, edit);
  case Kind::hardlink:
    return make_hardlink(root, edit);
  case Kind::chmod:
    return change_mode(root, edit);
  case Kind::chown:
    return change_owner(root, edit);
  case Kind::xattr:
    return set_xattr(root, edit);
  case Kind::patch:
    return apply_patch(root, edit);
  case Kind::checkout:
    break; // the context's, which knows its repository
  }
  return refuse(edit, "is of no known kind");
}

} // namespace cacheproof::workspace
