#pragma once

#include "util/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

namespace cacheproof::oci {

enum class TarType { file, hard_link, symlink, folder, other };

struct TarEntry {
  std::string path; ///< without `./` and `/` before and behind; empty for one that has a `..`
  TarType type = TarType::other;
  std::string link; ///< of a hard link the path, in the same form; of a symlink as it is written
};

/// Writes the content of a file entry to a path outside the tar, as a program (mode 0755).
using WriteEntry = std::function<util::Status(const std::filesystem::path&)>;

/// The entries of a tar (plain, gzip or zstd) in their order. Nothing in it decides where anything is written. An error
/// of `visit` ends it; so does a tar that unpacks to more than `limit` bytes, or is cut short.
util::Status read_tar(const std::filesystem::path& tar,
                      std::uint64_t limit,
                      const std::function<util::Status(const TarEntry&, const WriteEntry&)>& visit,
                      std::stop_token stop = {});

/// A path of a tar without `./` and needless `/`; empty where it has a `..`.
std::string plain_path(std::string_view path);

} // namespace cacheproof::oci
