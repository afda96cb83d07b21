#pragma once

#include "scenario/command_line.hpp"
#include "scenario/scenario.hpp"
#include "util/diagnostic.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::scenario {

/// A scenario, or the reasons why there is none; warnings may stand beside a scenario.
struct Reading {
  std::optional<Scenario> scenario;
  std::vector<util::Diagnostic> diagnostics; ///< sorted by place
  std::vector<CommandLine> command_lines;    ///< every `build` that is one, by place
};

/// By the fact that they are values of: `buildkit`, `buildx`, `docker`.
using Versions = std::map<std::string, std::vector<std::string>>;

/// Reads one file. Needs no Docker, no network and no root, and reads nothing outside the enclosing repository.
/// Every mistake of the file is reported, not only the first. Of `versions`, those that are at hand, the nearest is
/// suggested for what is no version.
Reading read(const std::filesystem::path& file, const Versions& versions = {});

/// The same for a text that is already there; `file` names it and anchors its relative paths.
Reading read_text(std::string_view text, const std::filesystem::path& file, const Versions& versions = {});

/// The nearest folder at or above `folder` with a `.git` in it; `folder` itself without one. A scenario reads nothing
/// outside of it.
std::filesystem::path enclosing_repository(const std::filesystem::path& folder);

} // namespace cacheproof::scenario
