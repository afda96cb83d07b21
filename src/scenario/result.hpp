#pragma once

#include "util/diagnostic.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cacheproof::scenario {

/// What is claimed of one path of a build's result. What is absent is not claimed.
struct ExpectedFile {
  std::string path; ///< without `/` before it
  util::SourceSpot spot;
  bool absent = false;                 ///< there is nothing at that path
  std::optional<std::string> text;     ///< the whole content
  std::optional<std::string> contains; ///< a part of the content
  std::optional<std::string> sha256;   ///< of the content, hex
  std::optional<std::uint32_t> mode;
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  std::optional<std::int64_t> mtime; ///< nanoseconds since 1970
  std::optional<std::string> link;   ///< the target of a symlink
};

/// What is claimed of the image's config. Of `env` and `labels` only the names that stand here.
struct ExpectedConfig {
  std::map<std::string, std::string> env;
  std::map<std::string, std::string> labels;
  std::optional<std::string> user;
  std::optional<std::string> working_dir;
  std::optional<std::string> stop_signal;
  std::optional<std::vector<std::string>> cmd;
  std::optional<std::vector<std::string>> entrypoint;
  std::optional<std::vector<std::string>> volumes;
  std::optional<std::vector<std::string>> ports;
};

/// What is claimed of what came out of a build.
struct ExpectedResult {
  bool same_as_clean_build = false;
  std::vector<std::string> ignore; ///< globs for paths in which a clean build may differ
  std::vector<ExpectedFile> files;
  std::optional<ExpectedConfig> config;
  std::optional<std::string> digest_of; ///< the earlier round whose image it is, bit by bit
  util::SourceSpot config_spot;
  util::SourceSpot digest_spot;
};

} // namespace cacheproof::scenario
