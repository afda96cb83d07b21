#pragma once

#include "util/files.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::sandbox {

/// How the folders of sandboxes begin.
constexpr std::string_view k_prefix = "cacheproof-";
/// How those begin that are being made or removed: they have no marker yet, or no longer. Who does that holds a shared
/// lock on the folder above, so that who gets the exclusive one sees leftovers only.
constexpr std::string_view k_part_prefix = "cacheproof.part-";
/// In every sandbox: says whose it is (owner.hpp), and is locked (flock) for as long as its owner lives, which is the
/// only sign of life that counts.
constexpr std::string_view k_owner_file = "owner";
/// The environment variable by which a process says to which sandbox's folder it belongs.
constexpr std::string_view k_mark = "CACHEPROOF_SANDBOX";

/// What one of them should have: room for some images.
constexpr std::uintmax_t k_space = std::uintmax_t{1} << 30;
/// What is free in a root; nothing of one that cannot be used at all: it is not writable, or allows no programs.
std::optional<std::uintmax_t> usable_space(const std::filesystem::path& root);

/// A sandbox's folder, mode 0700, and the lock that says that it is in use. Removing it is its owner's business.
class Folder {
public:
  /// In `root` if that has room, else in the first of the others.
  static util::Result<Folder> create(const std::filesystem::path& root = {});
  const std::filesystem::path& path() const { return path_; }
  /// Takes the marker away, so that no sweep ever takes the folder for a killed run's.
  util::Status keep();

private:
  Folder(std::filesystem::path path, util::Fd lock);
  std::filesystem::path path_;
  util::Fd lock_;
};

/// Holds the lock of a folder whose owner is dead; empty for one that is in use, kept, or still being made.
util::Fd lock_abandoned(const std::filesystem::path& folder);

/// Removes a folder's files, the marker last: whatever interrupts this, a later sweep finds the rest.
util::Status remove_files(const std::filesystem::path& folder);

/// What a killed run had half made or half removed below a root, and the lock that keeps others from doing so now.
struct Parts {
  util::Fd lock;
  std::vector<std::filesystem::path> folders;
};
Parts abandoned_parts(const std::filesystem::path& root);

} // namespace cacheproof::sandbox
