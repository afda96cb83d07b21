#pragma once

#include "engine/load.hpp"
#include "engine/plan.hpp"
#include "util/result.hpp"

#include <tl/expected.hpp>

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace cacheproof::cli {

/// Whether the claims of scenarios must be sound: `--accept` writes those that are missing or name no step.
enum class Claims { there, to_come };

/// How diagnostics are printed: for people to stderr, else to stdout for programs (one JSON document) or GitHub
/// Actions.
enum class Format { text, json, github };
/// Adds `--format` to a command.
void add_format(CLI::App& command, Format& format);
/// Prints them; in JSON an empty list is a document too.
void print(const std::vector<util::Diagnostic>& diagnostics, Format format);

/// What a command line's PATH… means: those files and folders, else `./scenarios`, else the corpus that came with the
/// program. Without one that could be played it is an exit code, and the reason has been printed.
tl::expected<engine::Loaded, int> find_scenarios(const std::vector<std::string>& paths);

/// The same, with every diagnostic printed and an error among them an exit code.
tl::expected<std::vector<std::shared_ptr<const scenario::Scenario>>, int>
load_scenarios(const std::vector<std::string>& paths, Format format = Format::text, Claims claims = Claims::there);

/// Prints diagnostics; the exit code that an error among them means.
std::optional<int> report_found(const std::vector<util::Diagnostic>& diagnostics, Format format = Format::text);

/// Prints what makes planned cases unplayable, each once, and returns the exit code that this means; nothing when all
/// can be played.
std::optional<int> refuse_unclaimed(const std::vector<engine::Case>& cases, Format format = Format::text);

/// Prints an error as `cacheproof: what / tried / to do` and returns the exit code that its blame means.
int report_error(const util::Error& error);

} // namespace cacheproof::cli
