#pragma once

#include "util/files.hpp"
#include "util/result.hpp"

#include <sys/types.h>

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>

namespace cacheproof::workspace {

/// Opens `path` beneath `root`: links may be followed inside, none leads out (openat2(2), Linux 5.6). The reason of an
/// empty one is in errno.
util::Fd open_beneath(const util::Fd& root, const std::string& path, int flags, mode_t mode = 0);

/// The folder that holds `path`, made where it is missing (0755) if `make`.
util::Fd parent_of(const util::Fd& root, const std::filesystem::path& path, bool make);

util::Result<std::string> read_all(const util::Fd& file, const std::string& path);
/// Replaces the content; inode, mode and owner stay.
util::Status write_all(const util::Fd& file, std::string_view text, const std::filesystem::path& path);

timespec to_timespec(std::int64_t nanoseconds);
bool same_time(const timespec& left, const timespec& right);

} // namespace cacheproof::workspace
