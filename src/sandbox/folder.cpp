#include "sandbox/folder.hpp"

#include "sandbox/known_roots.hpp"
#include "sandbox/owner.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

namespace cacheproof::sandbox {
namespace {

namespace fs = std::filesystem;

/// sun_path has 108 bytes with the final zero (unix(7)); the longest name below a folder is `/d999/s.sock`.
constexpr std::size_t k_longest_path = 107 - 12;

bool fits(const fs::path& root) {
  const auto space = usable_space(root);
  return space && *space >= k_space;
}

util::Error failed(const std::string& doing, const fs::path& path) {
  return {util::Blame::rig, "cannot " + doing + " " + path.string() + ": " + std::strerror(errno)};
}

/// A root is locked for moments only. Who cannot have it within a second goes on without: anybody may lock /tmp.
util::Fd share(const fs::path& root) {
  util::Fd lock(open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (int i = 0; lock && i < 200 && !util::hold_shared(lock); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return lock;
}

/// `cacheproof-a1b2c3` and `cacheproof.part-a1b2c3`: one folder with and without a marker in it.
fs::path renamed(const fs::path& folder, std::string_view from, std::string_view to) {
  return folder.parent_path() / (std::string(to) + folder.filename().string().substr(from.size()));
}

/// Only folders of our own user: whatever lies in a world-writable place could be a trap for root.
bool is_our_folder(const fs::path& path) {
  struct stat info {};
  return lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid();
}

/// Locked before it gets its name: whoever sees an `owner` that is not locked sees one whose owner is dead.
util::Result<util::Fd> mark(const fs::path& part, const fs::path& path) {
  const fs::path marker = part / k_owner_file;
  util::Fd lock(open(marker.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!lock || !util::hold_alone(lock)) return tl::unexpected(failed("lock", marker));
  const std::string note = to_marker(this_process());
  if (write(lock.get(), note.data(), note.size()) < 0) return tl::unexpected(failed("write", marker));
  if (renameat2(AT_FDCWD, part.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0)
    return tl::unexpected(failed("name", path));
  return lock;
}

} // namespace

/// Containers' /dev/shm is noexec, and the runc of a sandbox is a script in it.
std::optional<std::uintmax_t> usable_space(const fs::path& root) {
  struct statvfs info {};
  if (statvfs(root.c_str(), &info) != 0 || (info.f_flag & ST_NOEXEC) != 0) return {};
  const auto space = util::free_space(root);
  return space && access(root.c_str(), W_OK | X_OK) == 0 ? std::optional(*space) : std::nullopt;
}

Folder::Folder(fs::path path, util::Fd lock)
    : path_(std::move(path)),
      lock_(std::move(lock)) {}

util::Result<Folder> Folder::create(const fs::path& wanted) {
  auto all = roots();
  if (!wanted.empty()) all.insert(all.begin(), wanted);
  const auto root = std::find_if(all.begin(), all.end(), fits);
  if (root == all.end())
    return util::failure(
        "no folder for the sandbox: neither /dev/shm nor " + all.back().string()
            + " is writable, allows programs and has 1 GiB free",
        {},
        "make room (`cacheproof clean` removes what killed runs left), or set TMPDIR to a roomier folder");
  const auto length = (*root / k_prefix).string().size() + 6; // the letters that make it unique
  if (length > k_longest_path)
    return util::failure(fmt::format("a sandbox in {} would have a path of {} bytes, too long for a unix socket's",
                                     root->string(),
                                     length),
                         {},
                         "set TMPDIR to a shorter one, or make room on /dev/shm");
  remember(*root);
  const auto making = share(*root);
  CP_TRY_ASSIGN(const auto part, util::make_unique_directory(*root, k_part_prefix));
  const auto path = renamed(part, k_part_prefix, k_prefix);
  auto lock = mark(part, path);
  if (lock) return Folder(path, std::move(*lock));
  static_cast<void>(util::remove_tree(part));
  return tl::unexpected(std::move(lock).error());
}

util::Status Folder::keep() {
  if (unlink((path_ / k_owner_file).c_str()) == 0 || errno == ENOENT) return {};
  return tl::unexpected(failed("remove", path_ / k_owner_file));
}

util::Fd lock_abandoned(const fs::path& folder) {
  if (!is_our_folder(folder)) return {};
  const fs::path marker = folder / k_owner_file;
  util::Fd lock(open(marker.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!lock || !util::hold_alone(lock)) return {};
  // Another sweep may have removed this very file between the open and the lock.
  struct stat locked {};
  struct stat named {};
  if (fstat(lock.get(), &locked) != 0 || lstat(marker.c_str(), &named) != 0 || locked.st_ino != named.st_ino) return {};
  return lock;
}

util::Status remove_files(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().filename() != k_owner_file) files.push_back(entry.path());
  for (const auto& file : files) CP_TRY(util::remove_tree(file));
  const auto removing = share(folder.parent_path());
  const auto part = renamed(folder, k_prefix, k_part_prefix);
  return util::remove_tree(rename(folder.c_str(), part.c_str()) == 0 ? part : folder);
}

Parts abandoned_parts(const fs::path& root) {
  Parts parts{util::Fd(open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)), {}};
  if (!parts.lock || !util::hold_alone(parts.lock)) return {};
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root, error))
    if (entry.path().filename().string().starts_with(k_part_prefix) && is_our_folder(entry.path()))
      parts.folders.push_back(entry.path());
  return parts;
}

} // namespace cacheproof::sandbox
