#pragma once

#include "toolchain/toolchain.hpp"
#include "util/files.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace cacheproof::toolchain {

/// The folder of the toolchains: $CACHEPROOF_STORE, else $XDG_CACHE_HOME/cacheproof, else ~/.cache/cacheproof; under
/// sudo the home of the user who called.
std::filesystem::path store();

// A version may also be an image, as `noted_image` has it: its place has the digest as its name.

/// Where a version is installed: `STORE/buildkit/v0.34.2`, `STORE/buildkit/sha256-…`.
std::filesystem::path folder_of(Kind kind, const std::string& version);

/// The lock of a version: shared by those who use it, held alone by who installs or removes it. The file stays, as
/// removing it would let two holders meet; its time is the last use.
std::filesystem::path lock_of(Kind kind, const std::string& version);

/// Makes the file where there is none. A store that cannot be written is an error.
util::Result<util::Fd> open_lock(const std::filesystem::path& path);

/// The digests of the images that are there, `sha256:…`.
std::vector<std::string> images_in_store(Kind kind);

/// A folder for work on a version begins with this: `STORE/tmp-buildkit-v0.34.2@`.
std::string work_prefix(Kind kind, const std::string& version);

/// Removes a version in one step for everybody who looks. Its lock must be held.
util::Status take_away(Kind kind, const std::string& version);

/// Bytes of the regular files below a folder; 0 where there is none.
std::uintmax_t size_of(const std::filesystem::path& folder);

} // namespace cacheproof::toolchain
