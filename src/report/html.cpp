#include "report/documents.hpp"
#include "report/table.hpp"
#include "report/text.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace cacheproof::report {
namespace {

using evidence::Verdict;

constexpr std::string_view k_style = R"(
  body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: #1f2328; background: #fff }
  h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.2rem } h3 { font-size: 1rem; margin-bottom: .2rem }
  .scroll { overflow: auto; max-height: 85vh } table { border-collapse: collapse }
  th, td { border: 1px solid #d1d9e0; padding: .25rem .6rem; text-align: left; white-space: nowrap; vertical-align: top }
  thead th { background: #f6f8fa; position: sticky; top: 0; z-index: 1 }
  tbody th { background: #fff; font-weight: normal; position: sticky; left: 0 }
  small { color: #59636e } a { color: inherit }
  pre { background: #f6f8fa; border: 1px solid #d1d9e0; padding: .7rem; overflow-x: auto; font-size: 13px }
  .failed, .stale, .red { background: #ffebe9; color: #82071e } .broken { background: #fff1d6; color: #7a4100 }
  .passed, .green { color: #116329 } .known { color: #7a4100 } .skipped, .none { color: #59636e }
  .red, .green { font-weight: bold; padding: .5rem .8rem } .green { background: #dafbe1 }
)";

using Numbers = std::map<const Entry*, std::size_t>;

/// The cases that are told in full below the table, numbered.
Numbers numbered(const Joined& joined) {
  Numbers all;
  for (const auto& entry : joined.entries)
    if (entry.judged && is_red(entry.result.verdict)) all.emplace(&entry, all.size() + 1);
  return all;
}

/// One case in the table: what is not red is its sign and time alone. Its hint is what a pointer that rests on it
/// shows.
std::string in_cell(const Entry& entry, const Numbers& numbers) {
  const auto& result = entry.result;
  const auto verdict = evidence::to_text(result.verdict);
  auto text =
      is_red(result.verdict) ? fmt::format("{} {}", sign(result.verdict), verdict) : std::string(sign(result.verdict));
  if (const auto number = numbers.find(&entry); number != numbers.end())
    text = fmt::format("<a href=\"#case-{}\">{}</a>", number->second, text);
  if (result.duration > 0) text += fmt::format(" <small>{}</small>", duration_text(result.duration));
  text += hits_text(result);
  for (const auto& doubt : doubts(result)) text += " <small>" + doubt + "</small>";
  const auto why = headline(result);
  return fmt::format(
      "<div class=\"{0}\" title=\"{0}{1}{2}\">{3}</div>", verdict, why.empty() ? "" : ": ", escaped(why), text);
}

std::string to_html(const Table& table, const Numbers& numbers) {
  std::string text = fmt::format("<div class=\"scroll\"><table>\n<thead><tr><th>{}</th>", escaped(table.corner));
  for (const auto& column : table.columns)
    text += fmt::format("<th>{}</th>", util::join(util::split(escaped(util::join(head(column), "\n")), '\n'), "<br>"));
  text += "</tr></thead>\n<tbody>\n";
  for (const auto& row : table.rows) {
    text += fmt::format("<tr><th>{}</th>", escaped(harmless(row)));
    for (const auto& column : table.columns) {
      const auto cell = table.cells.find({row, column});
      text += cell == table.cells.end() ? "<td class=\"none\">·</td>" : "<td>";
      if (cell == table.cells.end()) continue;
      for (const auto* entry : cell->second) text += in_cell(*entry, numbers);
      text += "</td>";
    }
    text += "</tr>\n";
  }
  return text + "</tbody>\n</table></div>\n";
}

std::string in_full(const Entry& entry, std::size_t number) {
  const auto& result = entry.result;
  const auto spot = spot_of(result);
  auto text = fmt::format("<section id=\"case-{}\">\n<h3><span class=\"{}\">{} {}</span> {}</h3>\n",
                          number,
                          evidence::to_text(result.verdict),
                          sign(result.verdict),
                          verdict_text(result),
                          escaped(harmless(result.id)));
  if (!result.title.empty()) text += fmt::format("<div>{}</div>\n", escaped(harmless(result.title)));
  text += "<small>";
  if (!spot.file.empty()) text += fmt::format("{}:{} · ", escaped(harmless(spot.file)), spot.line);
  text += fmt::format("{} · {}</small>\n", escaped(harmless(entry.shard)), duration_text(result.duration));
  text += fmt::format("<pre>{}</pre>\n", escaped(why(result)));
  if (!entry.evidence.empty())
    text += fmt::format("<div>evidence: <code>{}</code></div>\n", escaped(harmless(entry.evidence)));
  return text + "</section>\n";
}

/// Cases that ended in this way, by what is said of them.
std::string reasons(const Joined& joined, Verdict verdict, std::string_view heading) {
  std::map<std::string, std::vector<std::string>> all;
  for (const auto& entry : joined.entries)
    if (entry.result.verdict == verdict) all[headline(entry.result)].push_back(entry.result.id);
  if (all.empty()) return {};
  auto text = fmt::format("<h2>{}</h2>\n", heading);
  for (const auto& [reason, ids] : all) {
    text += fmt::format("<details><summary>{}: {}</summary><ul>\n", util::plural(ids.size(), "case"), escaped(reason));
    for (const auto& id : ids) text += fmt::format("<li>{}</li>\n", escaped(harmless(id)));
    text += "</ul></details>\n";
  }
  return text;
}

} // namespace

std::string to_html(const Joined& joined, const Heading& heading) {
  const auto numbers = numbered(joined);
  const bool green = is_green(joined);
  auto text = fmt::format("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                          "<meta name=\"viewport\" content=\"width=device-width\">\n<title>{0}</title>\n"
                          "<style>{1}</style>\n</head>\n<body>\n<h1>{0}</h1>\n",
                          escaped(heading.title),
                          k_style);
  text +=
      fmt::format("<p class=\"{}\">{} {}</p>\n", green ? "green" : "red", green ? "✓" : "✗", escaped(overview(joined)));
  if (!heading.link.empty())
    text += fmt::format("<p><a href=\"{0}\">{0}</a>, where the evidence is too</p>\n", escaped(heading.link));
  if (!joined.troubles.empty()) {
    text += "<h2>No verdict about the cache</h2>\n<ul>\n";
    for (const auto& one : joined.troubles)
      text += fmt::format(
          "<li class=\"broken\"><b>{}</b>: {}</li>\n", escaped(harmless(one.where)), escaped(harmless(one.what)));
    text += "</ul>\n";
  }
  if (!joined.rows.empty())
    text +=
        "<h2>All cases</h2>\n<p><small>✓ passed · ~ failed as a known issue says · - skipped · ✗ red · ! no verdict "
        "about the cache</small></p>\n"
        + to_html(table_of(joined), numbers);
  for (const auto& table : pairs_of(joined))
    text += fmt::format("<h2>{}</h2>\n<p><small>{}</small></p>\n", escaped(harmless(table.title)), k_hits)
            + to_html(table, numbers);
  if (!numbers.empty()) text += "<h2>What is red</h2>\n";
  for (const auto& entry : joined.entries)
    if (const auto number = numbers.find(&entry); number != numbers.end()) text += in_full(entry, number->second);
  text += reasons(joined, Verdict::known, "Known issues");
  text += reasons(joined, Verdict::skipped, "Skipped, and why");
  return text + "</body>\n</html>\n";
}

} // namespace cacheproof::report
