#include "report/table.hpp"

#include "report/text.hpp"
#include "util/text.hpp"
#include "util/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>

namespace cacheproof::report {
namespace {

using evidence::Verdict;

constexpr std::size_t k_gap = 2;
/// As much of a row's name as stays where columns are many.
constexpr std::size_t k_least_name = 24;

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
  std::set<Verdict> verdicts;
  std::set<std::string> doubted;
  for (const auto& [place, entries] : table.cells)
    for (const auto* entry : entries) {
      verdicts.insert(entry->result.verdict);
      for (const auto& doubt : doubts(entry->result)) doubted.insert(doubt);
    }
  std::vector<std::string> parts;
  for (const auto verdict : verdicts) parts.push_back(fmt::format("{} {}", sign(verdict), evidence::to_text(verdict)));
  if (!doubted.empty()) parts.push_back("? " + util::join({doubted.begin(), doubted.end()}, " or "));
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

std::string hits_text(const evidence::CaseResult& result) {
  return result.crossing ? fmt::format(" {}/{}", result.crossing->cached, result.crossing->steps) : "";
}

std::string mark(const Entry& entry) {
  return std::string(sign(entry.result.verdict)) + (doubts(entry.result).empty() ? "" : "?") + hits_text(entry.result);
}

Table table_of(const Joined& joined) {
  Table table;
  std::set<std::string> rows;
  std::set<std::string> columns;
  for (const auto& entry : joined.entries) {
    if (entry.result.crossing) continue;
    table.cells[{entry.row, entry.column}].push_back(&entry);
    rows.insert(entry.row);
    columns.insert(entry.column);
  }
  const auto add_those = [](const std::set<std::string>& there, const auto& ordered, auto& into) {
    std::copy_if(
        ordered.begin(), ordered.end(), std::back_inserter(into), [&](const auto& one) { return there.contains(one); });
  };
  add_those(rows, joined.rows, table.rows);
  add_those(columns, joined.columns, table.columns);
  return table;
}

std::vector<Table> pairs_of(const Joined& joined) {
  std::map<std::string, Table> all;
  const auto add = [](std::vector<std::string>& versions, const std::string& one) {
    if (std::find(versions.begin(), versions.end(), one) == versions.end()) versions.push_back(one);
  };
  for (const auto& entry : joined.entries) {
    const auto& crossing = entry.result.crossing;
    if (!crossing) continue;
    auto words = head(entry.column);
    words.front() = crossing->of;
    auto& table = all[util::join(words, ", ")];
    add(table.rows, crossing->exporter);
    add(table.columns, crossing->importer);
    table.cells[{crossing->exporter, crossing->importer}].push_back(&entry);
  }
  std::vector<Table> tables;
  for (auto& [title, table] : all) {
    table.title = title;
    table.corner = "exporter \\ importer";
    for (auto* versions : {&table.rows, &table.columns})
      std::sort(versions->begin(), versions->end(), [](const auto& left, const auto& right) {
        return std::tuple(util::Version::parse(left).value_or(util::Version{}), left)
               < std::tuple(util::Version::parse(right).value_or(util::Version{}), right);
      });
    tables.push_back(std::move(table));
  }
  return tables;
}

bool compares(const Table& table) {
  return table.cells.size() > (table.title.empty() ? table.rows.size() : 1);
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
  const auto title = table.title.empty() ? "" : fmt::format("{}: {}\n", harmless(table.title), k_hits);
  return title + lines.text() + key + legend(table);
}

} // namespace cacheproof::report
