#include "report/table.hpp"

#include "report/text.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cacheproof::report {
namespace {

using evidence::Verdict;

constexpr std::size_t k_gap = 2;
/// As much of a row's name as stays where columns are many.
constexpr std::size_t k_least_name = 24;

/// What one case is: `✓`, `✓?` where the client alone has told it.
std::string mark(const Entry& entry) {
  return std::string(sign(entry.result.verdict)) + (entry.result.by_client ? "?" : "");
}

std::size_t width_of(const std::vector<const Entry*>& entries) {
  std::size_t width = 0;
  for (const auto* entry : entries) width += columns(mark(*entry)) + (width > 0 ? 1 : 0);
  return width;
}

std::string painted(const std::vector<const Entry*>& entries, const Paint& paint) {
  std::vector<std::string> all;
  for (const auto* entry : entries) all.push_back(paint(mark(*entry), entry->result.verdict));
  return util::join(all, " ");
}

/// The signs that are there, in words.
std::string legend(const Table& table) {
  std::vector<std::string> parts;
  const auto add = [&](std::string part) {
    if (std::find(parts.begin(), parts.end(), part) == parts.end()) parts.push_back(std::move(part));
  };
  for (const auto& [place, entries] : table.cells)
    for (const auto* entry : entries)
      add(fmt::format("{} {}", sign(entry->result.verdict), evidence::to_text(entry->result.verdict)));
  for (const auto& [place, entries] : table.cells)
    for (const auto* entry : entries)
      if (entry->result.by_client) add("? less certain");
  return util::join(parts, " · ") + "\n";
}

/// Lines of a table: the name of a row, then cells that know how wide they are.
class Lines {
public:
  explicit Lines(std::size_t name)
      : name_(name) {}
  void begin(std::string_view name) { line_ = in_columns(name, name_); }
  void add(const std::string& text, std::size_t taken, std::size_t width) {
    line_ += std::string(k_gap, ' ') + text + std::string(width - taken, ' ');
  }
  void end() {
    line_.erase(line_.find_last_not_of(' ') + 1);
    text_ += line_ + "\n";
  }
  std::string& text() { return text_; }

private:
  std::size_t name_;
  std::string line_;
  std::string text_;
};

} // namespace

Table table_of(const Joined& joined) {
  Table table{.rows = joined.rows, .columns = joined.columns};
  for (const auto& entry : joined.entries) table.cells[{entry.row, entry.column}].push_back(&entry);
  return table;
}

bool compares(const Table& table) {
  return table.cells.size() > table.rows.size();
}

std::vector<std::string> head(const std::string& column) {
  auto lines = util::split(column, '+');
  for (auto& line : lines) {
    line = harmless(line);
    if (const auto at = line.find('@'); at != line.npos) line[at] = ' ';
    if (&line != &lines.front() && line.starts_with("docker ")) line = "in " + line;
  }
  return lines;
}

std::string to_text(const Table& table, std::size_t width, const Paint& paint) {
  std::size_t name = columns(table.corner);
  for (const auto& row : table.rows) name = std::max(name, columns(harmless(row)));
  std::vector<std::vector<std::string>> heads;
  std::vector<std::size_t> cells(table.columns.size(), 1);
  std::vector<std::size_t> widths;
  std::size_t all = 0;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    heads.push_back(head(table.columns[i]));
    for (const auto& [place, entries] : table.cells)
      if (place.second == table.columns[i]) cells[i] = std::max(cells[i], width_of(entries));
    widths.push_back(cells[i]);
    for (const auto& line : heads[i]) widths[i] = std::max(widths[i], columns(line));
    all += k_gap + widths[i];
  }
  std::string key;
  if (name + all > width) {
    all = 0;
    for (std::size_t i = 0; i < heads.size(); ++i) {
      const auto number = std::to_string(i + 1);
      key += fmt::format("{}  {}\n", number, util::join(heads[i], ", "));
      widths[i] = std::max(cells[i], number.size());
      heads[i] = {number};
      all += k_gap + widths[i];
    }
  }
  name = std::min(name, std::max(k_least_name, width - std::min(width, all)));

  Lines lines(name);
  for (std::size_t from = 0, to = 0; from < heads.size(); from = to) {
    std::size_t high = 0;
    for (std::size_t taken = name; to < heads.size() && (to == from || taken + k_gap + widths[to] <= width); ++to) {
      taken += k_gap + widths[to];
      high = std::max(high, heads[to].size());
    }
    if (from > 0) lines.text() += "\n";
    for (std::size_t line = 0; line < high; ++line) {
      lines.begin(line == 0 ? table.corner : "");
      for (std::size_t i = from; i < to; ++i) {
        const auto text = line < heads[i].size() ? heads[i][line] : "";
        lines.add(text, columns(text), widths[i]);
      }
      lines.end();
    }
    for (const auto& row : table.rows) {
      lines.begin(harmless(row));
      for (std::size_t i = from; i < to; ++i) {
        const auto cell = table.cells.find({row, table.columns[i]});
        if (cell == table.cells.end())
          lines.add("", 0, widths[i]);
        else
          lines.add(painted(cell->second, paint), width_of(cell->second), widths[i]);
      }
      lines.end();
    }
  }
  return lines.text() + key + legend(table);
}

} // namespace cacheproof::report
