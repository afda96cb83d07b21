#pragma once

#include "util/diagnostic.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::scenario {

/// The identity of one kind of diagnostic. Codes and names are stable: scenarios name them under `allow`.
struct Code {
  std::string_view code;
  std::string_view name;
  util::Severity severity = util::Severity::error;
};

/// One diagnostic of that kind at a place of a file, of which `source` are the lines.
util::Diagnostic diagnostic(const Code& code,
                            const util::SourceSpot& spot,
                            const std::vector<std::string>& source,
                            std::string message,
                            std::string hint = {});

namespace codes {
using enum util::Severity;

// What the reader finds.
inline constexpr Code k_unreadable_file{"CP0001", "unreadable_file"};
inline constexpr Code k_yaml_syntax{"CP0002", "yaml_syntax"};
inline constexpr Code k_unknown_key{"CP0003", "unknown_key"};
inline constexpr Code k_duplicate_key{"CP0004", "duplicate_key"};
inline constexpr Code k_not_played_yet{"CP0005", "not_played_yet"};
inline constexpr Code k_wrong_type{"CP0006", "wrong_type"};
inline constexpr Code k_missing_key{"CP0007", "missing_key"};
inline constexpr Code k_exclusive_keys{"CP0008", "exclusive_keys"};
inline constexpr Code k_wrong_value{"CP0009", "wrong_value"};
inline constexpr Code k_unknown_variable{"CP0010", "unknown_variable"};
inline constexpr Code k_bad_regex{"CP0011", "bad_regex"};
inline constexpr Code k_bad_step_reference{"CP0012", "bad_step_reference"};
inline constexpr Code k_bad_path{"CP0013", "bad_path"};
inline constexpr Code k_unknown_diagnostic{"CP0014", "unknown_diagnostic"};
inline constexpr Code k_bad_dimension{"CP0015", "bad_dimension"};
inline constexpr Code k_unmatched_case{"CP0016", "unmatched_case"};
inline constexpr Code k_dead_alternative{"CP0017", "dead_alternative"};
inline constexpr Code k_empty_claim{"CP0018", "empty_claim"};
inline constexpr Code k_too_large{"CP0019", "too_large"};
inline constexpr Code k_not_text{"CP0020", "not_text"};
inline constexpr Code k_odd_file_name{"CP0021", "odd_file_name", warning};
inline constexpr Code k_bad_command_line{"CP0022", "bad_command_line"};
inline constexpr Code k_unknown_flag{"CP0023", "unknown_flag"};
inline constexpr Code k_unknown_build{"CP0024", "unknown_build"};
inline constexpr Code k_endless_wait{"CP0025", "endless_wait"};

// What is found when the Dockerfile and the builds are looked at, before anything runs.
inline constexpr Code k_unreadable_cache_entry{"CP0101", "unreadable_cache_entry", warning};
inline constexpr Code k_unknown_cache_attribute{"CP0102", "unknown_cache_attribute", warning};
inline constexpr Code k_unknown_cache_value{"CP0103", "unknown_cache_value", warning};
inline constexpr Code k_unknown_cache_type{"CP0104", "unknown_cache_type", warning};
inline constexpr Code k_mode_of_inline{"CP0105", "mode_of_inline", warning};
inline constexpr Code k_import_without_export{"CP0106", "import_without_export", warning};
inline constexpr Code k_overwritten_cache{"CP0107", "overwritten_cache", warning};
inline constexpr Code k_unknown_stage{"CP0110", "unknown_stage"};
inline constexpr Code k_unknown_step{"CP0111", "unknown_step"};
inline constexpr Code k_bad_edit{"CP0112", "bad_edit"};
inline constexpr Code k_no_dockerfile{"CP0113", "no_dockerfile"};
inline constexpr Code k_unknown_target{"CP0114", "unknown_target"};
inline constexpr Code k_unchanged_step{"CP0115", "unchanged_step", warning};
inline constexpr Code k_ignored_edit{"CP0116", "ignored_edit", warning};
inline constexpr Code k_unknown_platform{"CP0117", "unknown_platform"};
} // namespace codes

/// All of the above, by code. Those of Dockerfiles (CP02xx) are the dockerfile room's.
std::span<const Code> all_codes();

/// Whether `word`, as `allow` spells it, means this code or name.
bool means(std::string_view word, std::string_view code, std::string_view name);

} // namespace cacheproof::scenario
