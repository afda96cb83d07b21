#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace cacheproof::evidence {

/// What a build context holds at one path, as far as a build may depend on it.
struct FileState {
  std::string type; ///< `file`, `dir`, `link`, `other`
  unsigned mode = 0;
  unsigned uid = 0;
  unsigned gid = 0;
  std::uint64_t size = 0;
  std::int64_t mtime = 0; ///< nanoseconds since 1970
  std::string link;       ///< target of a symlink
  std::string sha256;     ///< of a regular file's content, hex
  bool operator==(const FileState&) const = default;
};

/// A build context, path by path (relative, `/` between), sorted.
struct Fingerprint {
  std::map<std::string, FileState> files;
  bool operator==(const Fingerprint&) const = default;
};

/// The paths at which two fingerprints differ, sorted.
std::vector<std::string> differing_paths(const Fingerprint& left, const Fingerprint& right);

/// The same JSON as text, a line for each path, and no tree of JSON values on the way: of a context with 20,000 files
/// that would take ten times the memory of its text.
void append_json(std::string& to, const Fingerprint& fingerprint);
void to_json(nlohmann::json& json, const Fingerprint& fingerprint);
void from_json(const nlohmann::json& json, Fingerprint& fingerprint);

} // namespace cacheproof::evidence
