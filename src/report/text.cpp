#include "report/text.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cacheproof::report {
namespace {

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

/// What became of an expected step that is missing: the judge writes `LABEL (cached)`.
std::string fate_of(const std::string& label, const std::vector<std::string>& missing) {
  for (const auto& entry : missing)
    if (entry.starts_with(label + " (")) return entry.substr(label.size() + 1);
  return {};
}

} // namespace

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string in_columns(std::string_view text, std::size_t width) {
  const std::size_t taken = columns(text);
  if (taken <= width) return std::string(text) + std::string(width - taken, ' ');
  std::string cut;
  std::size_t kept = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U && kept++ == width - 1) break;
    cut += c;
  }
  return cut + "…";
}

std::string duration_text(evidence::Nanoseconds duration) {
  const double seconds = static_cast<double>(duration) / 1e9;
  if (seconds < 10) return fmt::format("{:.2f} s", seconds);
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<long>(seconds);
  return fmt::format("{} min {:02} s", whole / 60, whole % 60);
}

std::vector<Row> difference(const evidence::Finding& finding) {
  const auto& expected = finding.expected;
  const auto& observed = finding.observed;
  const bool whole = finding.missing.empty() && finding.unexpected.empty(); // one value against another
  std::vector<Row> rows;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < expected.size() || j < observed.size()) {
    const bool lonely = i < expected.size() && !contains(observed, expected[i]);
    if (whole && lonely && j < observed.size()) {
      rows.push_back({Row::Kind::differs, expected[i++], observed[j++]});
    } else if (lonely) {
      const auto fate = fate_of(expected[i], finding.missing);
      const bool is_missing = !fate.empty() || contains(finding.missing, expected[i]) || whole;
      // A claim about an outcome (`cached`) lists what has it on the left alone.
      rows.push_back({is_missing ? Row::Kind::missing : Row::Kind::same, expected[i], is_missing ? fate : expected[i]});
      ++i;
    } else if (j < observed.size() && !contains(expected, observed[j])) {
      rows.push_back({Row::Kind::unexpected, "", observed[j++]});
    } else {
      rows.push_back({Row::Kind::same, i < expected.size() ? expected[i] : "", j < observed.size() ? observed[j] : ""});
      ++i;
      ++j;
    }
  }
  return rows;
}

std::string to_text(const evidence::Finding& finding) {
  std::string text = fmt::format("{}:{}: {}\n", finding.spot.file, finding.spot.line, finding.expectation);
  if (!finding.source_line.empty()) text += fmt::format("{:>5} | {}\n", finding.spot.line, finding.source_line);
  text += finding.summary + "\n";
  for (const auto& row : difference(finding)) {
    switch (row.kind) {
    case Row::Kind::same:
      text += "    " + row.expected + "\n";
      break;
    case Row::Kind::missing:
      text += fmt::format("  - {} {}\n", row.expected, row.observed);
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
  if (played.broken) return util::to_text(*played.broken);
  for (const auto& round : played.rounds)
    if (round.broken) return fmt::format("round {} ({}): {}", round.number, round.name, util::to_text(*round.broken));
  return "no round was played";
}

std::string counts(const evidence::RoundEvidence& round) {
  std::vector<std::string> parts;
  using evidence::Outcome;
  for (const auto outcome :
       {Outcome::rebuilt, Outcome::cached, Outcome::failed, Outcome::not_reached, Outcome::unneeded}) {
    const auto count = std::count_if(round.record.steps.begin(), round.record.steps.end(), [&](const auto& step) {
      return step.kind == evidence::StepKind::step && step.outcome == outcome;
    });
    if (count > 0) parts.push_back(fmt::format("{} {}", count, evidence::to_text(outcome)));
  }
  for (const auto& cache : round.caches) parts.push_back(fmt::format("{} layers exported", cache.layers.size()));
  return util::join(parts, " · ");
}

} // namespace cacheproof::report
