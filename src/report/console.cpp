#include "report/console.hpp"

#include "report/text.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ostream>

namespace cacheproof::report {
namespace {

constexpr const char* k_red = "31";
constexpr const char* k_green = "32";
constexpr const char* k_yellow = "33";
constexpr const char* k_bold = "1";
constexpr const char* k_dim = "2";

/// The name of a round keeps its column for as long as it fits; what was counted stands after it.
constexpr std::size_t k_name_columns = 34;
constexpr std::size_t k_counts_columns = 48;

std::string plural(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

/// The text with `indent` before each of its lines.
std::string indented(std::string_view text, std::string_view indent) {
  std::string result;
  for (const auto& line : util::lines(text)) result += fmt::format("{}{}\n", indent, line);
  return result;
}

} // namespace

ConsoleOptions console_options(bool verbose) {
  ConsoleOptions options;
  options.verbose = verbose;
  const bool terminal = isatty(STDOUT_FILENO) != 0;
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool dumb = !term || std::string_view(term) == "dumb";
  options.color = terminal && !dumb && !(no_color && *no_color);
  options.live = terminal && !dumb;
  winsize size{};
  if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 60) options.width = size.ws_col;
  return options;
}

std::string Console::paint(std::string_view text, const char* style) const {
  return options_.color ? fmt::format("\033[{}m{}\033[0m", style, text) : std::string(text);
}

std::string Console::sign(evidence::Verdict verdict) const {
  switch (verdict) {
  case evidence::Verdict::passed:
    return paint("✓", k_green);
  case evidence::Verdict::failed:
  case evidence::Verdict::stale:
    return paint("✗", k_red);
  case evidence::Verdict::known:
    return paint("~", k_yellow);
  case evidence::Verdict::skipped:
    return paint("-", k_dim);
  case evidence::Verdict::broken:
    return paint("!", k_yellow);
  }
  return "?";
}

void Console::run_started(std::size_t cases) {
  out_ << plural(cases, "case") << " to play\n\n" << std::flush;
}

void Console::said(std::string_view line) {
  out_ << paint(fmt::format("· {}", line), k_dim) << '\n' << std::flush;
}

void Console::case_started(const evidence::CaseEvidence& played) {
  out_ << paint(played.id, k_bold) << "\n  " << played.title << '\n' << std::flush;
}

void Console::round_started(const evidence::CaseEvidence& /*played*/, const evidence::RoundEvidence& round) {
  if (options_.live) out_ << fmt::format("  … {} {}", round.number, round.name) << std::flush;
}

void Console::round_judged(const evidence::CaseEvidence& /*played*/, const evidence::RoundEvidence& round) {
  if (options_.live) out_ << "\r\033[K";
  out_ << fmt::format("  {} {} {}  {}  {}\n",
                      sign(round.verdict),
                      round.number,
                      in_columns(round.name, std::max(k_name_columns, columns(round.name))),
                      in_columns(counts(round), std::max(k_counts_columns, columns(counts(round)))),
                      paint(fmt::format("{:>8}", duration_text(round.duration)), k_dim));
  if (options_.verbose) {
    for (const auto& change : round.changes) out_ << "      " << change << '\n';
    out_ << paint(indented(round.command, "      "), k_dim);
    steps(round);
  }
  if (round.broken) broken(*round.broken);
  for (const auto& one : round.findings) finding(one);
  for (const auto& note : round.notes) out_ << indented("note: " + note, "      ");
  // The answer to a failed claim is often in the build's own line: one letter, for moby/buildkit#1515.
  if (!round.findings.empty() && !round.lint.empty()) {
    out_ << "      " << paint("look at the line of this build:", k_yellow) << '\n';
    for (const auto& warning : round.lint) out_ << indented(warning, "        ");
  }
  out_ << std::flush;
}

void Console::steps(const evidence::RoundEvidence& round) {
  for (const auto& step : round.record.steps)
    if (step.kind == evidence::StepKind::step)
      out_ << fmt::format("      {} {}\n", in_columns(evidence::to_text(step.outcome), 11), label(step));
}

void Console::broken(const util::Error& error) {
  out_ << "      " << paint("the rig failed, which is no verdict about the cache:", k_yellow) << '\n'
       << indented(util::to_text(error), "      ");
}

void Console::finding(const evidence::Finding& finding) {
  out_ << fmt::format("\n      {}:{}: {}\n", finding.spot.file, finding.spot.line, paint(finding.expectation, k_bold));
  if (!finding.source_line.empty()) out_ << fmt::format("      {:>5} | {}\n", finding.spot.line, finding.source_line);
  out_ << "      " << paint(finding.summary, k_red) << '\n';
  const auto rows = difference(finding);
  if (rows.empty()) return;
  std::size_t left = columns("expected");
  for (const auto& row : rows) left = std::max(left, columns(row.expected));
  left = std::min(left, (options_.width - 14) / 2);
  out_ << fmt::format("\n        {}   {}\n", in_columns("expected", left), "observed");
  for (const auto& row : rows) {
    const bool minus = row.kind == Row::Kind::missing || row.kind == Row::Kind::differs;
    const bool plus = row.kind == Row::Kind::unexpected || row.kind == Row::Kind::differs;
    const auto expected = fmt::format("{} {}", minus ? '-' : ' ', in_columns(row.expected, left));
    const auto observed = fmt::format("{} {}", plus ? '+' : ' ', row.observed);
    const auto line =
        fmt::format("{} {}", minus ? paint(expected, k_red) : expected, plus ? paint(observed, k_red) : observed);
    out_ << "      " << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
  }
  out_ << '\n';
}

void Console::case_judged(const evidence::CaseEvidence& played, const std::filesystem::path& folder) {
  if (played.verdict == evidence::Verdict::skipped) out_ << "  - skipped: " << played.reason << '\n';
  if (played.broken) broken(*played.broken);
  if (played.verdict != evidence::Verdict::passed && played.verdict != evidence::Verdict::skipped)
    out_ << "  evidence: " << folder.string() << '\n';
  out_ << '\n' << std::flush;
}

void Console::run_finished(const std::vector<evidence::CaseEvidence>& all) {
  using evidence::Verdict;
  std::vector<std::string> parts;
  evidence::Nanoseconds duration = 0;
  for (const auto& played : all) duration += played.duration;
  for (const auto verdict :
       {Verdict::passed, Verdict::failed, Verdict::known, Verdict::stale, Verdict::broken, Verdict::skipped}) {
    const auto count =
        std::count_if(all.begin(), all.end(), [&](const auto& played) { return played.verdict == verdict; });
    if (count == 0) continue;
    const bool red = verdict == Verdict::failed || verdict == Verdict::stale;
    const char* style = red ? k_red : verdict == Verdict::passed ? k_green : k_yellow;
    parts.push_back(paint(fmt::format("{} {}", count, evidence::to_text(verdict)), style));
  }
  for (const auto& played : all)
    if (played.verdict != Verdict::passed && played.verdict != Verdict::known)
      out_ << fmt::format(
          "{} {} {}\n", sign(played.verdict), in_columns(evidence::to_text(played.verdict), 7), played.id);
  out_ << fmt::format(
      "{} in {}\n", parts.empty() ? "nothing was played" : util::join(parts, ", "), duration_text(duration))
       << std::flush;
}

void print_case(std::ostream& out,
                const evidence::CaseEvidence& played,
                const std::filesystem::path& folder,
                const ConsoleOptions& options) {
  auto still = options;
  still.live = false; // nothing runs
  Console console(out, still);
  console.case_started(played);
  for (const auto& round : played.rounds) console.round_judged(played, round);
  console.case_judged(played, folder);
}

} // namespace cacheproof::report
