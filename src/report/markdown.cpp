#include "report/documents.hpp"
#include "report/table.hpp"
#include "report/text.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <map>

namespace cacheproof::report {
namespace {

using evidence::Verdict;

/// As HTML that an issue may hold: a name with an `@` calls nobody, and a number with a `#` links to no issue.
std::string unlinked(std::string_view text) {
  std::string result;
  for (const char c : escaped(harmless(text))) {
    result += c;
    if (c == '@') result += "<!-- -->";
    if (c == '#' && !result.ends_with("&#")) result += "<!-- -->";
  }
  return result;
}

/// The same where it is no Markdown either: in a table a bar would end its cell.
std::string plain(std::string_view text) {
  std::string safe;
  for (const char c : harmless(text)) {
    if (std::string_view("\\`*_[]|~").find(c) != std::string_view::npos) safe += '\\';
    safe += c;
  }
  return unlinked(safe);
}

std::string line_of(const Entry& entry) {
  return fmt::format("| {} | {} | {} | {} |\n",
                     verdict_text(entry.result),
                     plain(entry.row),
                     plain(util::join(head(entry.column), ", ")),
                     plain(headline(entry.result)));
}

/// Between `pre` and `/pre` nothing is Markdown, blank lines included.
std::string in_full(const Entry& entry) {
  const auto spot = spot_of(entry.result);
  auto text = fmt::format(
      "<details><summary>{} {}</summary>\n\n<pre>\n", verdict_text(entry.result), unlinked(entry.result.id));
  if (!entry.result.title.empty()) text += escaped(harmless(entry.result.title)) + "\n";
  if (!spot.file.empty()) text += fmt::format("{}:{}\n", escaped(harmless(spot.file)), spot.line);
  text += escaped(why(entry.result));
  if (!entry.evidence.empty()) text += fmt::format("evidence: {}\n", escaped(harmless(entry.evidence)));
  return text + "</pre>\n\n</details>\n";
}

/// Exporter × importer.
std::string to_markdown(const Table& table) {
  auto text = fmt::format("\n{}: {}\n\n| {} |", plain(table.title), k_hits, plain(table.corner));
  std::string rule = "\n| --- |";
  for (const auto& column : table.columns) {
    text += " " + plain(column) + " |";
    rule += " --- |";
  }
  text += rule + "\n";
  for (const auto& row : table.rows) {
    text += "| " + plain(row) + " |";
    for (const auto& column : table.columns) {
      const auto cell = table.cells.find({row, column});
      std::vector<std::string> marks;
      if (cell != table.cells.end())
        for (const auto* entry : cell->second) marks.push_back(plain(mark(*entry)));
      text += " " + util::join(marks, ", ") + " |";
    }
    text += "\n";
  }
  return text;
}

std::string reasons(const Joined& joined, Verdict verdict) {
  std::map<std::string, std::size_t> all;
  for (const auto& entry : joined.entries)
    if (entry.result.verdict == verdict) ++all[headline(entry.result)];
  if (all.empty()) return {};
  auto text = fmt::format("\n{}:\n", verdict == Verdict::skipped ? "Skipped, and why" : "Known issues");
  for (const auto& [reason, count] : all) text += fmt::format("- {}: {}\n", util::plural(count, "case"), plain(reason));
  return text;
}

} // namespace

std::string overview(const Joined& joined) {
  evidence::Nanoseconds duration = 0;
  for (const auto& entry : joined.entries) duration += entry.result.duration;
  auto text = util::plural(joined.shards, "shard") + ": ";
  if (!joined.troubles.empty()) text += util::plural(joined.troubles.size(), "trouble") + ", ";
  text += counts(joined.entries);
  if (duration > 0) text += fmt::format(" ({} of play)", duration_text(duration));
  return text;
}

std::string to_markdown(const Joined& joined, const Heading& heading, std::size_t limit) {
  auto text =
      fmt::format("## {} {}\n\n{}\n", is_green(joined) ? "✓" : "✗", plain(heading.title), plain(overview(joined)));
  if (!heading.link.empty()) text += fmt::format("\n{}\n", heading.link);
  if (!joined.troubles.empty()) text += "\nNo verdict about the cache:\n";
  for (const auto& one : joined.troubles) text += fmt::format("- **{}**: {}\n", plain(one.where), plain(one.what));

  std::vector<const Entry*> red;
  for (const auto& entry : joined.entries)
    if (entry.judged && is_red(entry.result.verdict)) red.push_back(&entry);
  std::string rest;
  for (const auto& table : pairs_of(joined)) rest += to_markdown(table);
  rest += reasons(joined, Verdict::known) + reasons(joined, Verdict::skipped);
  constexpr std::size_t k_last_line = 100;
  const auto fits = [&](const std::string& more) {
    return text.size() + more.size() + rest.size() + k_last_line <= limit;
  };
  std::size_t told = 0;
  if (!red.empty()) text += "\n| | scenario | version | why |\n| --- | --- | --- | --- |\n";
  for (; told < red.size() && fits(line_of(*red[told])); ++told) text += line_of(*red[told]);
  if (told < red.size()) text += fmt::format("\n{} more: see the page.\n", util::plural(red.size() - told, "case"));
  if (!red.empty()) text += "\n";
  std::size_t shown = 0;
  for (; shown < told && fits(in_full(*red[shown])); ++shown) text += in_full(*red[shown]);
  if (shown < told) text += fmt::format("\n{} not in full here: see the page.\n", util::plural(told - shown, "case"));
  return text + rest;
}

} // namespace cacheproof::report
