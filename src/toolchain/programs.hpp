#pragma once

#include "util/result.hpp"

#include <filesystem>

namespace cacheproof::toolchain {

/// Programs that a distribution package brings: on the PATH or in the usual folders, as absolute paths. A missing one
/// is an error that names the package.
util::Result<std::filesystem::path> find_runc();
util::Result<std::filesystem::path> find_registry();
util::Result<std::filesystem::path> find_containerd();
/// A statically linked busybox.
util::Result<std::filesystem::path> find_busybox();

} // namespace cacheproof::toolchain
