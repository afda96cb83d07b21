#pragma once

#include "scenario/scenario.hpp"
#include "util/files.hpp"
#include "util/result.hpp"

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace cacheproof::workspace {

/// Of inline files without a time of their own: a scenario means the same on every machine and every day.
constexpr std::int64_t k_inline_mtime = 1'577'836'800'000'000'000; // 2020-01-01T00:00:00Z

/// Its own permissions or those of its kind.
mode_t mode_of(const scenario::InlineFile& file);

/// What stands in a file (made for an archive) or a symbolic link.
util::Result<std::string> content_of(const scenario::InlineFile& file);

/// Writes the files into the new and empty folder `root`.
util::Status write_inline(const util::Fd& root, const scenario::InlineFiles& files);

} // namespace cacheproof::workspace
