#pragma once

#include "util/text.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::dockerfile {

/// Dockerfiles (NAME.Dockerfile) and, per version, the names of their steps as its daemon printed them (VERSION.json,
/// by names_record).
inline const std::filesystem::path k_recorded =
    std::filesystem::path(CACHEPROOF_SOURCE_DIR) / "tests/dockerfile/recorded";

/// What a Dockerfile is built with: its last lines, `#: target=app` or `#: build-arg:V=1`.
inline std::vector<std::string> options_of(std::string_view dockerfile) {
  std::vector<std::string> all;
  for (const auto& line : util::lines(dockerfile))
    if (line.starts_with("#: ")) all.push_back(line.substr(3));
  return all;
}

} // namespace cacheproof::dockerfile
