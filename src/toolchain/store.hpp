#pragma once

#include <filesystem>

namespace cacheproof::toolchain {

/// The folder of the toolchains: $CACHEPROOF_STORE, else $XDG_CACHE_HOME/cacheproof, else ~/.cache/cacheproof; under
/// sudo the home of the user who called.
std::filesystem::path store();

} // namespace cacheproof::toolchain
