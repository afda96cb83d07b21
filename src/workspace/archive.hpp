#pragma once

#include "scenario/scenario.hpp"
#include "util/result.hpp"

#include <string>

namespace cacheproof::workspace {

/// The bytes of the archive that `file` describes, the same on every machine: a tar whose entries belong to root, with
/// the modes and times of inline files, gzipped when the file's name ends in `.gz` or `.tgz`.
util::Result<std::string> archive_bytes(const scenario::InlineFile& file);

} // namespace cacheproof::workspace
