#include "scenario/places.hpp"

#include <algorithm>
#include <iterator>

namespace cacheproof::scenario {

Places::Places(const std::vector<std::string>& lines, const Node& at, const std::vector<ShellWord>& words)
    : start_{at.line, at.column, 1} {
  auto line = static_cast<std::size_t>(std::max(at.line, 1)) - 1;
  auto column = static_cast<std::size_t>(std::max(at.column, 1)) - 1;
  if (line < lines.size() && column < lines[line].size()) {
    const char first = lines[line][column];
    if (first == '|' || first == '>') {
      ++line;
      column = 0;
    } else if (first == '"' || first == '\'') {
      ++column;
    }
  }
  bool lost = false;
  for (const auto& word : words) {
    Found found{word.from, at.text.substr(word.from, word.to - word.from), start_, false};
    for (; !lost && line < lines.size(); ++line, column = 0) {
      // Between two words there are only blanks, and the backslashes of continued lines.
      const auto start = lines[line].find_first_not_of(" \t\r", column);
      if (start == std::string::npos) continue;
      if (std::string_view(lines[line]).substr(start).starts_with(found.raw)) {
        found.place = {static_cast<int>(line) + 1,
                       static_cast<int>(start) + 1,
                       static_cast<int>(std::max<std::size_t>(1, found.raw.size()))};
        found.exact = true;
        column = start + found.raw.size();
        break;
      }
      const auto end = lines[line].find_last_not_of(" \t\r");
      if (lines[line][start] == '\\' && start == end) continue;
      lost = true;
    }
    found_.push_back(std::move(found));
  }
}

Place Places::of_word(std::size_t i) const {
  return i < found_.size() ? found_[i].place : start_;
}

Place Places::tail(std::size_t word, std::string_view text) const {
  const auto& found = found_[word];
  if (!found.exact || text.empty() || !found.raw.ends_with(text)) return found.place;
  auto place = found.place;
  place.column += static_cast<int>(found.raw.size() - text.size());
  place.width = static_cast<int>(text.size());
  return place;
}

Place Places::of(std::size_t from, std::size_t to) const {
  const auto after = std::upper_bound(
      found_.begin(), found_.end(), from, [](std::size_t byte, const auto& found) { return byte < found.from; });
  if (after == found_.begin()) return start_;
  const auto& found = *std::prev(after);
  if (from >= found.from + std::max<std::size_t>(1, found.raw.size())) return start_;
  auto place = found.place;
  if (!found.exact) return place;
  place.column += static_cast<int>(from - found.from);
  place.width = static_cast<int>(std::max<std::size_t>(1, std::min(to, found.from + found.raw.size()) - from));
  return place;
}

} // namespace cacheproof::scenario
