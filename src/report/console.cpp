#include "report/console.hpp"

#include "report/table.hpp"
#include "report/text.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
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
constexpr std::size_t k_counts_columns = 54;
/// Before everything that is said below a round's line.
constexpr std::string_view k_margin = "      ";

/// `cached` for `(cached)`
std::string_view without_brackets(std::string_view text) {
  if (text.starts_with('(') && text.ends_with(')')) text = text.substr(1, text.size() - 2);
  return text;
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

std::string Console::paint(std::string_view text, evidence::Verdict verdict) const {
  using evidence::Verdict;
  const bool red = verdict == Verdict::failed || verdict == Verdict::stale;
  const char* style = red                           ? k_red
                      : verdict == Verdict::passed  ? k_green
                      : verdict == Verdict::skipped ? k_dim
                                                    : k_yellow;
  return paint(text, style);
}

std::string Console::sign(evidence::Verdict verdict) const {
  return paint(report::sign(verdict), verdict);
}

void Console::run_started(std::size_t cases, std::size_t jobs) {
  started_ = std::chrono::steady_clock::now();
  several_ = jobs > 1;
  screen_ << util::plural(cases, "case") << " to play" << (several_ ? fmt::format(", {} at once", jobs) : "") << "\n\n"
          << std::flush;
}

/// The lines of what runs now are the last ones of the terminal.
void Console::show_running() {
  if (!options_.live) return;
  for (const auto& [id, line] : running_) screen_ << (shown_++ > 0 ? "\n" : "") << cut(line, options_.width - 1);
  screen_ << std::flush;
}

void Console::hide_running() {
  for (; shown_ > 0; --shown_) screen_ << (shown_ > 1 ? "\r\033[K\033[1A" : "\r\033[K");
}

void Console::tell(const std::string& id) {
  hide_running();
  out_ = several_ ? &told_[id] : &screen_;
}

void Console::said(std::string_view line) {
  hide_running();
  screen_ << paint(fmt::format("· {}", harmless(line)), k_dim) << '\n';
  show_running();
}

void Console::runs(const std::string& id, const std::string& line) {
  const auto found = std::find_if(running_.begin(), running_.end(), [&](const auto& one) { return one.first == id; });
  if (found == running_.end())
    running_.emplace_back(id, line);
  else
    found->second = line;
}

void Console::case_started(const evidence::CaseEvidence& played) {
  tell(played.id);
  *out_ << paint(harmless(played.id), k_bold) << '\n' << indented(played.title, "  ") << std::flush;
  if (several_) runs(played.id, fmt::format("  … {}", harmless(played.id)));
  show_running();
}

void Console::round_started(const evidence::CaseEvidence& played, const evidence::RoundEvidence& round) {
  hide_running();
  const auto whose = several_ ? harmless(played.id) + "  " : std::string();
  runs(played.id, fmt::format("  … {}{} {}", whose, round.number, harmless(evidence::shown_name(round))));
  show_running();
}

void Console::case_slow(const std::string& id, evidence::Nanoseconds so_far, evidence::Nanoseconds last_time) {
  said(fmt::format("SLOW {}: {} so far{}",
                   id,
                   duration_text(so_far),
                   last_time > 0 ? fmt::format(", {} last time", duration_text(last_time)) : ""));
}

void Console::round_judged(const evidence::CaseEvidence& played, const evidence::RoundEvidence& round) {
  tell(played.id);
  if (!several_) running_.clear();
  // Of many plays those are told that did not hold, and of those alike in full the first.
  const bool holds = round.verdict == evidence::Verdict::passed || round.verdict == evidence::Verdict::known;
  if (round.play > 0 && holds && !options_.verbose) return show_running();
  const bool again =
      round.play > 0 && !failed_before_.emplace(played.id, round.number, round.entry).second && !options_.verbose;
  auto name = harmless(evidence::shown_name(round));
  if (!round.builder.empty()) name += fmt::format(" · {} {}", harmless(round.builder), harmless(round.buildkit));
  const auto counted = counts(round);
  *out_ << fmt::format("  {} {} {}  {}  {}\n",
                       sign(round.verdict),
                       round.number,
                       in_columns(name, std::max(k_name_columns, columns(name))),
                       in_columns(counted, std::max(k_counts_columns, columns(counted))),
                       paint(fmt::format("{:>8}", duration_text(round.duration)), k_dim));
  if (options_.verbose) {
    for (const auto& change : round.changes) *out_ << indented(change, "      ");
    if (!round.command.empty()) *out_ << "      " << paint(harmless(round.command), k_dim) << '\n';
    steps(round);
  }
  if (round.broken) broken(*round.broken);
  if (again) return show_running();
  for (const auto& one : round.findings) finding(one);
  if (!round.findings.empty()) *out_ << '\n';
  for (const auto& note : round.notes) *out_ << indented("note: " + note, "      ");
  // The answer to a failed claim is often in the build's own line: one letter, for moby/buildkit#1515.
  if (!round.findings.empty() && !round.lint.empty()) {
    *out_ << "      " << paint("likely cause, in this build's own line:", k_yellow) << '\n';
    for (const auto& warning : round.lint) *out_ << indented(warning, "        ");
  }
  *out_ << std::flush;
  show_running();
}

void Console::steps(const evidence::RoundEvidence& round) {
  for (const auto& step : round.record.steps)
    if (step.kind == evidence::StepKind::step)
      *out_ << fmt::format("      {} {}\n", in_columns(evidence::to_text(step.outcome), 11), harmless(label(step)));
}

void Console::broken(const util::Error& error) {
  *out_ << "      " << paint("the rig failed, which is no verdict about the cache:", k_yellow) << '\n'
        << indented(util::to_text(error), "      ");
}

void Console::finding(const evidence::Finding& finding) {
  *out_ << fmt::format("\n      {}:{}: {}\n", finding.spot.file, finding.spot.line, paint(finding.expectation, k_bold));
  if (!finding.source_line.empty())
    *out_ << fmt::format("      {:>5} | {}\n", finding.spot.line, harmless(finding.source_line));
  *out_ << "      " << paint(harmless(finding.summary), k_red) << '\n';
  if (!finding.tree.empty()) *out_ << '\n';
  for (const auto& line : finding.tree) {
    const auto shown = options_.live ? cut(harmless(line), options_.width - k_margin.size()) : harmless(line);
    *out_ << k_margin << (line.starts_with(' ') ? shown : paint(shown, k_red)) << '\n';
  }
  const auto rows = report::difference(finding);
  if (rows.empty()) return;
  *out_ << '\n';
  if (finding.missing.empty() && finding.unexpected.empty()) return values(rows);
  difference(rows, finding.expectation == "warnings" ? "warned" : finding.expectation);
}

/// What a step should have been beside what it was, then the step: labels are long, and both columns would repeat them.
void Console::difference(const std::vector<Row>& rows, std::string_view outcome) {
  const auto line = [&](char sign, std::string_view expected, std::string_view observed, std::string_view what) {
    auto text = fmt::format("{} {} {} {}", sign, in_columns(expected, 9), in_columns(observed, 11), what);
    text.erase(text.find_last_not_of(' ') + 1);
    if (options_.live) text = cut(text, options_.width - k_margin.size());
    *out_ << k_margin << (sign == ' ' ? text : paint(text, k_red)) << '\n';
  };
  line(' ', "expected", "observed", "");
  for (const auto& row : rows) {
    const bool missing = row.kind == Row::Kind::missing;
    const bool unexpected = row.kind == Row::Kind::unexpected;
    line(missing      ? '-'
         : unexpected ? '+'
                      : ' ',
         unexpected ? "" : outcome,
         missing ? without_brackets(row.observed) : outcome,
         missing ? row.expected : row.observed);
  }
}

/// One value against another.
void Console::values(const std::vector<Row>& rows) {
  for (const auto& row : rows) {
    if (!row.expected.empty()) *out_ << k_margin << paint(fmt::format("- expected: {}", row.expected), k_red) << '\n';
    if (!row.observed.empty()) *out_ << k_margin << paint(fmt::format("+ observed: {}", row.observed), k_red) << '\n';
  }
}

void Console::case_judged(const evidence::CaseEvidence& played, const std::filesystem::path& folder) {
  tell(played.id);
  if (played.verdict == evidence::Verdict::skipped) *out_ << indented("- skipped: " + played.reason, "  ");
  if (played.clean && !played.clean->proven) *out_ << indented("note: " + std::string(evidence::k_not_proven), "  ");
  if (played.repeat) plays(*played.repeat);
  if (played.broken) broken(*played.broken);
  if (options_.verbose)
    for (const auto& image : played.images)
      *out_ << "  image: " << harmless(image.name) << '@' << harmless(image.digest) << '\n';
  const bool fine = played.verdict == evidence::Verdict::passed || played.verdict == evidence::Verdict::known
                    || played.verdict == evidence::Verdict::skipped;
  if (!fine || options_.verbose) *out_ << "  evidence: " << folder.string() << '\n';
  *out_ << '\n' << std::flush;
  if (several_) {
    screen_ << told_[played.id].str() << std::flush;
    told_.erase(played.id);
    out_ = &screen_;
  }
  std::erase_if(running_, [&](const auto& one) { return one.first == played.id; });
  show_running();
}

void Console::plays(const evidence::RepeatEvidence& repeat) {
  *out_ << indented("failed: " + to_text(repeat.failed), "  ");
  if (repeat.known.count > 0) *out_ << indented("known:  " + to_text(repeat.known), "  ");
  *out_ << indented("rule:   " + repeat.rule, "  ");
  for (const auto& one : repeat.findings) finding(one);
  for (const auto& note : repeat.notes) *out_ << indented("note: " + note, "  ");
}

void Console::compare(const std::vector<evidence::CaseEvidence>& all) {
  evidence::RunResults results{.ended = true};
  for (const auto& played : all) results.cases.push_back(evidence::result_of(played, {}));
  const auto joined = join({{.results = std::move(results)}});
  auto tables = pairs_of(joined);
  tables.insert(tables.begin(), table_of(joined));
  const auto painted = [&](const std::string& text, evidence::Verdict verdict) { return paint(text, verdict); };
  for (const auto& table : tables)
    if (compares(table)) screen_ << to_text(table, options_.width, painted) << '\n';
}

void Console::run_finished(const std::vector<evidence::CaseEvidence>& all) {
  using evidence::Verdict;
  compare(all);
  std::vector<std::string> parts;
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
      screen_ << fmt::format(
          "{} {} {}\n", sign(played.verdict), in_columns(evidence::to_text(played.verdict), 7), played.id);
  const auto duration = std::chrono::nanoseconds(std::chrono::steady_clock::now() - started_).count();
  screen_ << fmt::format(
      "{} in {}\n", parts.empty() ? "nothing was played" : util::join(parts, ", "), duration_text(duration))
          << std::flush;
}

void print_case(std::ostream& out,
                const evidence::CaseEvidence& played,
                const std::filesystem::path& folder,
                const ConsoleOptions& options) {
  Console console(out, options);
  console.case_started(played);
  for (const auto& round : played.rounds) console.round_judged(played, round);
  console.case_judged(played, folder);
}

} // namespace cacheproof::report
