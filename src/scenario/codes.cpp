#include "scenario/codes.hpp"

#include "util/shown_line.hpp"

#include <array>
#include <utility>

namespace cacheproof::scenario {
namespace {

constexpr std::array k_all{codes::k_unreadable_file,
                           codes::k_yaml_syntax,
                           codes::k_unknown_key,
                           codes::k_duplicate_key,
                           codes::k_not_played_yet,
                           codes::k_wrong_type,
                           codes::k_missing_key,
                           codes::k_exclusive_keys,
                           codes::k_wrong_value,
                           codes::k_unknown_variable,
                           codes::k_bad_regex,
                           codes::k_bad_step_reference,
                           codes::k_bad_path,
                           codes::k_unknown_diagnostic,
                           codes::k_bad_dimension,
                           codes::k_unmatched_case,
                           codes::k_dead_alternative,
                           codes::k_empty_claim,
                           codes::k_too_large,
                           codes::k_not_text,
                           codes::k_odd_file_name,
                           codes::k_bad_command_line,
                           codes::k_unknown_flag,
                           codes::k_unknown_build,
                           codes::k_endless_wait,
                           codes::k_unreadable_cache_entry,
                           codes::k_unknown_cache_attribute,
                           codes::k_unknown_cache_value,
                           codes::k_unknown_cache_type,
                           codes::k_mode_of_inline,
                           codes::k_import_without_export,
                           codes::k_overwritten_cache,
                           codes::k_unknown_stage,
                           codes::k_unknown_step,
                           codes::k_bad_edit,
                           codes::k_no_dockerfile,
                           codes::k_unknown_target,
                           codes::k_unchanged_step,
                           codes::k_ignored_edit,
                           codes::k_unknown_platform};

} // namespace

util::Diagnostic diagnostic(const Code& code,
                            const util::SourceSpot& spot,
                            const std::vector<std::string>& source,
                            std::string message,
                            std::string hint) {
  util::Diagnostic made{
      code.severity, std::string(code.code), std::string(code.name), spot, {}, 1, std::move(message), std::move(hint)};
  const auto line = static_cast<std::size_t>(spot.line);
  if (spot.line > 0 && line <= source.size()) util::show_line(made, source[line - 1]);
  return made;
}

std::span<const Code> all_codes() {
  return k_all;
}

bool means(std::string_view word, std::string_view code, std::string_view name) {
  return word == code || word == name;
}

} // namespace cacheproof::scenario
