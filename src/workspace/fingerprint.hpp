#pragma once

#include "evidence/fingerprint.hpp"
#include "util/result.hpp"

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>

namespace cacheproof::workspace {

/// Every path of a folder with all that a build may depend on.
util::Result<evidence::Fingerprint> fingerprint(const std::filesystem::path& folder);

/// Takes the fingerprint of one folder again and again: a file is read anew when its inode, size, mtime or ctime is
/// another. The ctime cannot be set by hand and changes with every write, so no edit goes unseen.
class Fingerprinter {
public:
  util::Result<evidence::Fingerprint> take(const std::filesystem::path& folder);

private:
  struct Stamp {
    std::int64_t size = 0;
    std::int64_t mtime = 0;
    std::int64_t ctime = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct Known {
    Stamp stamp;
    std::string sha256;
  };
  util::Result<evidence::FileState> state_of(const std::filesystem::path& path);
  util::Result<std::string> hash(const std::filesystem::path& path, const struct stat& info);

  std::unordered_map<ino_t, Known> known_;
};

} // namespace cacheproof::workspace
