#pragma once

#include "util/result.hpp"

#include <filesystem>

namespace cacheproof::workspace {

/// Copies a tree to the new folder `to`, as `Context::materialise` says. Sockets, devices and pipes are errors.
util::Status copy_tree(const std::filesystem::path& from, const std::filesystem::path& to);

/// `what path: the system's words for errno`
tl::unexpected<util::Error> system_failure(const char* what, const std::filesystem::path& path);

} // namespace cacheproof::workspace
