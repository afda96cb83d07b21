#include "util/diagnostic.hpp"

#include "util/shown_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <tuple>

namespace cacheproof::util {

std::string line_at(const std::vector<std::string>& source, int line) {
  return line > 0 && static_cast<std::size_t>(line) <= source.size() ? source[static_cast<std::size_t>(line) - 1] : "";
}

std::string to_text(const Diagnostic& diagnostic) {
  const auto& spot = diagnostic.spot;
  std::string text = spot.file;
  if (spot.line > 0) text += fmt::format(":{}:{}", spot.line, spot.column);
  text += fmt::format(": {}[{}]: {}",
                      diagnostic.severity == Severity::error ? "error" : "warning",
                      diagnostic.code,
                      diagnostic.message);
  if (!diagnostic.hint.empty()) text += ": " + diagnostic.hint;
  text += '\n';
  if (spot.line > 0 && !diagnostic.source_line.empty()) {
    const std::string gutter = fmt::format("{:>5} | ", spot.line);
    const std::string_view line = diagnostic.source_line;
    const auto column = shown_column(diagnostic);
    // Tabs stay tabs under the line, so that the caret stands where the eye expects it.
    std::string lead;
    for (std::size_t i = 0; i < column; ++i)
      if (i >= line.size() || !is_continuation(line[i])) lead += i < line.size() && line[i] == '\t' ? '\t' : ' ';
    const auto marked =
        line.substr(std::min(column, line.size()), static_cast<std::size_t>(std::max(1, diagnostic.width)));
    const auto continued = std::count_if(marked.begin(), marked.end(), is_continuation);
    const auto width = std::max<std::size_t>(1, marked.size() - static_cast<std::size_t>(continued));
    text += gutter + diagnostic.source_line + '\n';
    text += std::string(gutter.size() - 2, ' ') + "| " + lead + '^' + std::string(width - 1, '~') + '\n';
  }
  return text;
}

bool any_error(const std::vector<Diagnostic>& diagnostics) {
  return std::any_of(
      diagnostics.begin(), diagnostics.end(), [](const auto& each) { return each.severity == Severity::error; });
}

void sort_by_place(std::vector<Diagnostic>& diagnostics) {
  const auto place = [](const Diagnostic& each) { return std::tie(each.spot.file, each.spot.line, each.spot.column); };
  std::stable_sort(diagnostics.begin(), diagnostics.end(), [&](const auto& left, const auto& right) {
    return place(left) < place(right);
  });
}

} // namespace cacheproof::util
