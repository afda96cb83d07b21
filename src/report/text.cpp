#include "report/text.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace cacheproof::report {
namespace {

/// Removes `text` from `all`, also where something in brackets follows it, and returns that: the judge writes
/// `LABEL (cached)` for a missing step that was cached.
std::optional<std::string> take(std::vector<std::string>& all, const std::string& text) {
  for (auto it = all.begin(); it != all.end(); ++it) {
    if (*it != text && !it->starts_with(text + " (")) continue;
    const auto rest = it->size() == text.size() ? std::string{} : it->substr(text.size() + 1);
    all.erase(it);
    return rest;
  }
  return std::nullopt;
}

/// One value against another: `16 layers` against `3 layers`.
std::vector<Row> side_by_side(const std::vector<std::string>& expected, const std::vector<std::string>& observed) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < std::max(expected.size(), observed.size()); ++i) {
    if (i >= observed.size())
      rows.push_back({Row::Kind::missing, expected[i], ""});
    else if (i >= expected.size())
      rows.push_back({Row::Kind::unexpected, "", observed[i]});
    else
      rows.push_back({Row::Kind::differs, expected[i], observed[i]});
  }
  return rows;
}

/// Without what is missing and unexpected, both lists are the same things in the same order; a claim about an outcome
/// (`cached`) has them on the left alone.
std::vector<Row> merged(const evidence::Finding& finding) {
  auto missing = finding.missing;
  auto unexpected = finding.unexpected;
  std::vector<Row> rows;
  auto expected = finding.expected.begin();
  auto observed = finding.observed.begin();
  const auto no_more_expected = finding.expected.end();
  const auto no_more_observed = finding.observed.end();
  while (expected != no_more_expected || observed != no_more_observed) {
    if (expected != no_more_expected) {
      if (const auto fate = take(missing, *expected)) {
        rows.push_back({Row::Kind::missing, *expected++, *fate});
        continue;
      }
    }
    if (observed != no_more_observed && take(unexpected, *observed)) {
      rows.push_back({Row::Kind::unexpected, "", *observed++});
      continue;
    }
    Row row;
    if (expected != no_more_expected) row.expected = row.observed = *expected++;
    if (observed != no_more_observed) row.observed = *observed++;
    rows.push_back(std::move(row));
  }
  return rows;
}

} // namespace

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string harmless(std::string_view text) {
  std::string result;
  const auto valid = util::to_utf8(text);
  for (std::size_t i = 0; i < valid.size(); ++i) {
    const auto byte = static_cast<unsigned char>(valid[i]);
    const auto next = i + 1 < valid.size() ? static_cast<unsigned char>(valid[i + 1]) : 0U;
    if (byte == '\t')
      result += ' ';
    else if (byte == '\n')
      result += "\\n";
    else if (byte == '\r')
      result += "\\r";
    else if (byte < 0x20 || byte == 0x7F)
      result += fmt::format("\\x{:02x}", byte);
    else if (byte == 0xC2 && next < 0xA0) // U+0080 to U+009F: the last one begins a sequence on some terminals
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(valid[++i]));
    else
      result += valid[i];
  }
  return result;
}

std::string indented(std::string_view text, std::string_view indent) {
  std::string result;
  for (const auto& line : util::lines(text)) result += fmt::format("{}{}\n", indent, harmless(line));
  return result;
}

std::string cut(std::string_view text, std::size_t width) {
  if (columns(text) <= width) return std::string(text);
  std::string kept;
  std::size_t taken = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U && ++taken >= width) break;
    kept += c;
  }
  return kept + "…";
}

std::string in_columns(std::string_view text, std::size_t width) {
  const auto kept = cut(text, width);
  return kept + std::string(width - columns(kept), ' ');
}

std::string_view sign(evidence::Verdict verdict) {
  switch (verdict) {
  case evidence::Verdict::passed:
    return "✓";
  case evidence::Verdict::failed:
  case evidence::Verdict::stale:
    return "✗";
  case evidence::Verdict::known:
    return "~";
  case evidence::Verdict::skipped:
    return "-";
  case evidence::Verdict::broken:
    return "!";
  }
  return "?";
}

std::string duration_text(evidence::Nanoseconds duration) {
  const double seconds = static_cast<double>(duration) / 1e9;
  if (seconds < 9.995) return fmt::format("{:.2f} s", seconds);
  if (seconds < 59.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = std::lround(seconds);
  return fmt::format("{} min {:02} s", whole / 60, whole % 60);
}

std::vector<Row> difference(const evidence::Finding& finding) {
  const bool values = finding.missing.empty() && finding.unexpected.empty();
  auto rows = values ? side_by_side(finding.expected, finding.observed) : merged(finding);
  for (auto& row : rows) row = {row.kind, harmless(row.expected), harmless(row.observed)};
  return rows;
}

std::string to_text(const evidence::Finding& finding) {
  std::string text = fmt::format("{}:{}: {}\n", finding.spot.file, finding.spot.line, finding.expectation);
  if (!finding.source_line.empty())
    text += fmt::format("{:>5} | {}\n", finding.spot.line, harmless(finding.source_line));
  text += harmless(finding.summary) + "\n";
  for (const auto& line : finding.tree) text += "  " + harmless(line) + "\n";
  for (const auto& row : difference(finding)) {
    switch (row.kind) {
    case Row::Kind::same:
      text += fmt::format("    {}\n", row.observed);
      break;
    case Row::Kind::missing:
      text += fmt::format("  - {}{}{}\n", row.expected, row.observed.empty() ? "" : " ", row.observed);
      break;
    case Row::Kind::unexpected:
      text += "  + " + row.observed + "\n";
      break;
    case Row::Kind::differs:
      text += fmt::format("  - {}\n  + {}\n", row.expected, row.observed);
      break;
    }
  }
  return text;
}

std::string why_broken(const evidence::CaseEvidence& played) {
  if (played.broken) return indented(util::to_text(*played.broken), "");
  for (const auto& round : played.rounds)
    if (round.broken)
      return indented(
          fmt::format("round {} ({}): {}", round.number, evidence::shown_name(round), util::to_text(*round.broken)),
          "");
  return "no round was played\n";
}

std::string counts(const evidence::RoundEvidence& round) {
  std::vector<std::string> parts;
  using evidence::Outcome;
  auto steps = evidence::distinct_steps(round.record);
  for (const auto outcome :
       {Outcome::rebuilt, Outcome::cached, Outcome::failed, Outcome::not_reached, Outcome::unneeded}) {
    const auto count = std::erase_if(steps, [&](const auto& builds) { // of several builds what the first such did
      return std::any_of(builds.begin(), builds.end(), [&](const auto* step) { return step->outcome == outcome; });
    });
    if (count > 0) parts.push_back(fmt::format("{} {}", count, evidence::to_text(outcome)));
  }
  for (const auto& cache : round.caches) {
    const bool is_cache =
        cache.shape == evidence::CacheShape::index || cache.shape == evidence::CacheShape::image_manifest;
    parts.push_back(is_cache ? util::plural(cache.layers.size(), "layer") + " exported" : "no cache exported");
  }
  return util::join(parts, " · ");
}

} // namespace cacheproof::report
