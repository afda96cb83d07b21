#pragma once

#include "toolchain/sources.hpp"
#include "toolchain/toolchain.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace cacheproof::toolchain {

/// What toolchain.json says of an installed version. It is written last, when the rest is whole.
struct Record {
  std::string version;
  std::string from; ///< `release`, `Debian package`, `Go module`, `image of the user`
  Origin origin;
  std::string said; ///< what the first program said of itself
  struct Program {
    std::uintmax_t size = 0;
    std::string sha256; ///< 64 hex digits
  };
  std::map<std::string, Program> programs; ///< as they were installed
};

/// Notes the programs in `folder/bin` and writes the record into `folder`.
util::Status write_record(const std::filesystem::path& folder, const Recipe& recipe, Record record);

/// Nothing where there is none, as in a store that was filled by hand; an error for one that cannot be read.
util::Result<std::optional<Record>> read_record(const std::filesystem::path& folder);

/// `Record::from` of what came as a release file, and of what was built.
constexpr const char* k_from_release = "release";
constexpr const char* k_from_module = "Go module";
constexpr const char* k_from_deb = "Debian package";
constexpr const char* k_from_own_image = "image of the user";

enum class Depth {
  changes, ///< a program is read only where it is not the file (inode, size, times) that it was when last read
  contents,
};
/// Whether the kit is, byte for byte, what its record says, and comes from what docker/versions.yaml pins; the error's
/// `what` is what is wrong with it. The file `verified` beside the record remembers what was read, where it can be
/// written.
util::Status compare(const Kit& kit, const Record& record, const Digests& pinned, Depth depth);

} // namespace cacheproof::toolchain
