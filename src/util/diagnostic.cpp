#include "util/diagnostic.hpp"

#include <fmt/format.h>

#include <algorithm>
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
    // Tabs stay tabs under the line, so that the caret stands where the eye expects it.
    std::string lead;
    for (int i = 0; i + 1 < spot.column; ++i)
      lead += i < static_cast<int>(diagnostic.source_line.size()) && diagnostic.source_line[i] == '\t' ? '\t' : ' ';
    const int room = static_cast<int>(diagnostic.source_line.size()) - spot.column + 1;
    const int width = std::max(1, std::min(diagnostic.width, room));
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
