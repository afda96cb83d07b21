#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::evidence {

/// What an image holds at one path, its layers applied.
struct ImageFile {
  std::string type; ///< `file`, `dir`, `link`, `char`, `block`, `fifo`
  unsigned mode = 0;
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
  std::uint64_t size = 0; ///< of a regular file
  std::int64_t mtime = 0; ///< nanoseconds since 1970
  std::string link;       ///< target of a symlink; of a device its numbers, `1:3`
  std::string sha256;     ///< of a regular file's content, hex
  std::map<std::string, std::string> xattrs;
  std::size_t layer = 0;              ///< the one that wrote it, in `Image::layers`
  std::optional<std::string> content; ///< of a small file, and of one that was asked for
  bool operator==(const ImageFile&) const = default;
};

/// How a container of the image is started, as far as a Dockerfile says it.
struct ImageConfig {
  std::string platform;         ///< `linux/amd64`
  std::vector<std::string> env; ///< `NAME=value`, in their order
  std::map<std::string, std::string> labels;
  std::string user;
  std::string working_dir;
  std::string stop_signal;
  std::vector<std::string> cmd;
  std::vector<std::string> entrypoint;
  std::vector<std::string> volumes; ///< sorted
  std::vector<std::string> ports;   ///< `80/tcp`, sorted
  bool operator==(const ImageConfig&) const = default;
};

/// What came out of a build: an image, or one for each platform.
struct Image {
  std::string digest;                     ///< of its manifest, or of the index of several platforms
  std::map<std::string, ImageFile> files; ///< by path without `/` before it; of several platforms `linux/arm64/PATH`
  std::vector<ImageConfig> configs;       ///< one for each platform, sorted
  std::vector<std::string> layers; ///< which instruction made each, as the history says it; empty where it does not
  bool operator==(const Image&) const = default;
};

/// What is at a path of the image, links of folders on the way followed; nullptr where nothing is.
const ImageFile* find(const Image& image, std::string_view path);

/// As JSON, a line for each path.
std::string to_json_text(const Image& image);

} // namespace cacheproof::evidence
