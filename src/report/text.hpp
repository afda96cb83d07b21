#pragma once

#include "evidence/case.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::report {

/// How many columns a UTF-8 text takes: its code points (wide characters are not in what this project prints).
std::size_t columns(std::string_view text);

/// What daemons print, as one line that does nothing to a terminal: valid UTF-8, a blank for a tab, and every other
/// control character written out (`\x1b`, `\n`).
std::string harmless(std::string_view text);

/// The text with `indent` before each of its lines, each of them harmless and ended.
std::string indented(std::string_view text, std::string_view indent);

/// The text in at most `width` columns: cut with `…` where it is longer.
std::string cut(std::string_view text, std::size_t width);

/// The text in exactly `width` columns: filled with blanks, or cut.
std::string in_columns(std::string_view text, std::size_t width);

/// One column that stands for it: `✓`, `✗`, `~` of a known issue, `-` of a skip, `!` of a broken rig.
std::string_view sign(evidence::Verdict verdict);

/// `0.84 s`, `12.3 s`, `2 min 05 s`
std::string duration_text(evidence::Nanoseconds duration);

/// One row of a two-column difference.
struct Row {
  enum class Kind { same, missing, unexpected, differs };
  Kind kind = Kind::same;
  std::string expected;
  std::string observed;
  bool operator==(const Row&) const = default;
};

/// What was expected beside what was observed, in their order and harmless; a step that did not run has what became of
/// it on its right.
std::vector<Row> difference(const evidence::Finding& finding);

/// The finding as plain text: place, the YAML line, the sentence, the two columns.
std::string to_text(const evidence::Finding& finding);

/// Why there is no verdict about the cache: the error of the case or of its broken round, as lines.
std::string why_broken(const evidence::CaseEvidence& played);

/// `5 rebuilt · 12 cached · 3 unneeded · 16 layers exported`
std::string counts(const evidence::RoundEvidence& round);

} // namespace cacheproof::report
