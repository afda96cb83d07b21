#pragma once

#include "engine/load.hpp"
#include "engine/plan.hpp"
#include "util/result.hpp"

#include <tl/expected.hpp>

#include <optional>
#include <string>
#include <vector>

namespace cacheproof::cli {

/// Whether the claims of scenarios must be sound: `--accept` writes those that are missing or name no step.
enum class Claims { there, to_come };

/// The scenarios that a command line's PATH… means: those files and folders, else `./scenarios`, else the corpus that
/// came with the program. Prints every diagnostic; what is left without something to play is an exit code.
tl::expected<std::vector<std::shared_ptr<const scenario::Scenario>>, int>
load_scenarios(const std::vector<std::string>& paths, Claims claims = Claims::there);

/// Prints diagnostics; the exit code that an error among them means.
std::optional<int> report_found(const std::vector<util::Diagnostic>& diagnostics);

/// Prints what makes planned cases unplayable, each once, and returns the exit code that this means; nothing when all
/// can be played.
std::optional<int> refuse_unclaimed(const std::vector<engine::Case>& cases);

/// Prints an error as `cacheproof: what / tried / to do` and returns the exit code that its blame means.
int report_error(const util::Error& error);

} // namespace cacheproof::cli
