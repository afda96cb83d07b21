#pragma once

#include "scenario/read.hpp"
#include "scenario/scenario.hpp"
#include "util/diagnostic.hpp"

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

namespace cacheproof::engine {

/// Scenarios that were read and checked, and all that is wrong with them and their Dockerfiles.
struct Loaded {
  std::vector<std::shared_ptr<const scenario::Scenario>> scenarios;
  std::vector<util::Diagnostic> diagnostics;        ///< sorted by place; an error among them: nothing may be played
  std::vector<scenario::CommandLine> command_lines; ///< every `build` that is one
};

/// Reads every path: a file, or a folder with all `*.yaml` and `*.yml` below it. What lies inside a context folder of a
/// scenario is build input, not a scenario. Needs no daemon, no network and no root.
Loaded load(const std::vector<std::filesystem::path>& paths);

/// What can be known about a scenario before anything runs: every Dockerfile as the edits leave it is read, every step
/// reference resolved against it, every cache attribute looked at.
std::vector<util::Diagnostic> check(const scenario::Scenario& scenario);

/// The text of a scenario, read and checked; `file` names it and anchors its relative paths.
scenario::Reading check_text(std::string_view text, const std::filesystem::path& file);

} // namespace cacheproof::engine
