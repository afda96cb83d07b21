#pragma once

#include <filesystem>
#include <string>

namespace cacheproof::sandbox {

/// The last lines of a log, a few hundred bytes to a few thousand; empty when there is none.
std::string log_tail(const std::filesystem::path& log);

} // namespace cacheproof::sandbox
