#include "util/shown_line.hpp"

#include <algorithm>

namespace cacheproof::util {
namespace {

/// A line as long as this is shown whole; of a longer one so much stands before the caret, if it has that.
constexpr std::size_t k_shown = 200;
constexpr std::size_t k_before = 80;
constexpr std::string_view k_cut = "…";

} // namespace

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

void show_line(Diagnostic& diagnostic, std::string_view line) {
  diagnostic.source_line = line;
  if (line.size() <= k_shown) return;
  const auto column = std::min(static_cast<std::size_t>(std::max(0, diagnostic.spot.column - 1)), line.size());
  const auto begin = column > k_before ? column - k_before : 0;
  auto end = std::min(begin + k_shown, line.size());
  while (end < line.size() && is_continuation(line[end])) ++end;
  std::string part(line.substr(begin, end - begin));
  for (std::size_t i = 0; begin > 0 && i < part.size() && is_continuation(part[i]); ++i) part[i] = ' ';
  diagnostic.source_line = (begin > 0 ? std::string(k_cut) : "") + part + (end < line.size() ? std::string(k_cut) : "");
}

void point_at(Diagnostic& diagnostic, std::string_view line, std::string_view fragment) {
  if (diagnostic.spot.column < 1 || fragment.empty()) return;
  const auto where = line.find(fragment, static_cast<std::size_t>(diagnostic.spot.column) - 1);
  if (where == std::string_view::npos) return;
  diagnostic.spot.column = static_cast<int>(where) + 1;
  diagnostic.width = static_cast<int>(fragment.size());
  show_line(diagnostic, line);
}

std::size_t shown_column(const Diagnostic& diagnostic) {
  const auto column = static_cast<std::size_t>(std::max(0, diagnostic.spot.column - 1));
  const bool cut = diagnostic.source_line.starts_with(k_cut) && column > k_before;
  return cut ? k_cut.size() + k_before : column;
}

} // namespace cacheproof::util
