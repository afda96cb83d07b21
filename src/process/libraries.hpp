#pragma once

#include "util/result.hpp"

#include <filesystem>
#include <vector>

namespace cacheproof::process {

/// The shared libraries and the loader that a program of this machine needs, as `ldd` prints them; none of a static
/// one.
util::Result<std::vector<std::filesystem::path>> libraries(const std::filesystem::path& program);

} // namespace cacheproof::process
