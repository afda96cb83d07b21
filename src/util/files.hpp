#pragma once

#include "util/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace cacheproof::util {

/// An owned file descriptor; closed at the end, move-only, -1 when empty.
class Fd {
public:
  Fd() = default;
  explicit Fd(int fd)
      : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(Fd&& other) noexcept
      : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset(int fd = -1);

private:
  int fd_ = -1;
};

/// Takes the lock of an open file or folder (flock(2)), alone or beside others who share it, without waiting: false
/// while somebody stands in the way. It is let go with the descriptor, however its holder ends.
bool hold_alone(const Fd& fd);
bool hold_shared(const Fd& fd);

Result<std::string> read_text(const std::filesystem::path& path);

/// Writes beside the target and renames over it: a reader sees the old or the new content, never a part.
/// A full disk is an error with that remedy.
Status write_text(const std::filesystem::path& path, std::string_view text);

Status make_directories(const std::filesystem::path& path);

/// Removes a tree, also one with read-only folders in it. A path that is not there is no error.
Status remove_tree(const std::filesystem::path& path);

/// A new folder `parent/prefixXXXXXX`, mode 0700.
Result<std::filesystem::path> make_unique_directory(const std::filesystem::path& parent, std::string_view prefix);

/// Bytes that a caller may still write on the file system of `path`.
Result<uintmax_t> free_space(const std::filesystem::path& path);

/// A folder that is removed with everything in it at the end.
class TempDir {
public:
  static Result<TempDir> create(const std::filesystem::path& parent = std::filesystem::temp_directory_path(),
                                std::string_view prefix = "cacheproof-");
  ~TempDir();
  TempDir(TempDir&& other) noexcept
      : path_(std::exchange(other.path_, {})) {}
  TempDir& operator=(TempDir&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  const std::filesystem::path& path() const { return path_; }

private:
  explicit TempDir(std::filesystem::path path)
      : path_(std::move(path)) {}
  std::filesystem::path path_;
};

} // namespace cacheproof::util
