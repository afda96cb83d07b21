#include "report/joined.hpp"

#include "report/text.hpp"
#include "util/text.hpp"
#include "util/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace cacheproof::report {
namespace {

using evidence::Verdict;

constexpr std::string_view k_own = "own versions";
constexpr std::string_view k_buildx = "+buildx@";
constexpr std::string_view k_frontend = "+frontend@";
constexpr std::string_view k_engine = "docker@";
constexpr std::string_view k_told_engine = "docker-containerd@";
constexpr std::string_view k_contained = "+docker@";

/// Where the version begins in the id of a case. The cell before it may have an `@`.
std::size_t version_at(std::string_view id) {
  const auto cell_end = id.rfind(']');
  return std::min(id.find('@', cell_end == id.npos ? 0 : cell_end), id.size());
}

/// Where a column goes on behind what was built on: with the client or the frontend.
std::size_t rest_at(std::string_view column) {
  return std::min({column.find(k_buildx), column.find(k_frontend), column.size()});
}

/// Of a pair of versions, which may be one and the same, it is not those.
std::string column_of(std::string_view id, bool pair) {
  const auto all = id.substr(std::min(version_at(id) + 1, id.size()));
  const auto driver = rest_at(all);
  const bool own = pair || all.substr(0, driver).find('+') != all.npos;
  return own ? std::string(k_own) + std::string(all.substr(driver)) : std::string(all);
}

/// BuildKit's own client, then buildx, containers of engines, engines, and last what names its versions itself; each by
/// versions.
auto column_order(const std::string& column) {
  const auto parts = util::split(column, '+');
  const auto version = [&](std::string_view program) {
    for (std::string_view part : parts)
      if (part.starts_with(program)) return util::Version::parse(part.substr(program.size())).value_or(util::Version{});
    return util::Version{};
  };
  const bool told = column.starts_with(k_told_engine);
  const bool engine = told || column.starts_with(k_engine);
  const bool contained = !engine && column.find(k_contained) != column.npos;
  const bool buildx = column.find(k_buildx) != column.npos;
  const int rank = column.starts_with(k_own) ? 4 : engine ? 3 : contained ? 2 : static_cast<int>(buildx);
  return std::tuple(rank, version("v"), version(k_buildx.substr(1)), version(told ? k_told_engine : k_engine), column);
}

int urgency(Verdict verdict) {
  switch (verdict) {
  case Verdict::failed:
  case Verdict::stale:
    return 0;
  case Verdict::broken:
    return 1;
  default:
    return 2;
  }
}

Entry entry_of(evidence::CaseResult result, const Shard& shard) {
  Entry entry{.result = std::move(result), .shard = shard.name};
  entry.row = entry.result.id.substr(0, version_at(entry.result.id));
  entry.column = column_of(entry.result.id, entry.result.crossing.has_value());
  if (!entry.result.folder.empty()) entry.evidence = shard.folder + "/" + entry.result.folder;
  return entry;
}

/// A shard's cases, judged or not.
void add_cases(Joined& joined, const Shard& shard) {
  std::set<std::string> told;
  if (shard.results)
    for (const auto& result : shard.results->cases) {
      told.insert(result.id);
      joined.entries.push_back(entry_of(result, shard));
    }
  const auto add = [&](const std::string& id, const char* why) {
    if (!told.insert(id).second) return;
    joined.entries.push_back(entry_of({.id = id, .broken = util::Error{.what = why}}, shard));
    joined.entries.back().judged = false;
  };
  if (shard.results)
    for (const auto& id : shard.results->planned) add(id, "its run ended before it was judged");
  for (const auto& id : shard.expected)
    add(id, shard.results ? "its run did not play it" : "its shard left no results");
}

/// What is wrong with a shard as a whole.
void add_troubles(std::vector<Trouble>& troubles, const Shard& shard) {
  const auto say = [&](std::string what) { troubles.push_back({shard.name, std::move(what)}); };
  if (!shard.results) return say(shard.results.error().what);
  const auto& results = *shard.results;
  if (!results.ended) say("its run did not come to its end");
  if (results.planned.empty() && results.cases.empty()) say("nothing was judged: it has no case");
  if (!shard.expected.empty() && results.planned.size() != shard.expected.size())
    say(fmt::format(
        "it was to play {}, and played {}", util::plural(shard.expected.size(), "case"), results.planned.size()));
}

void nothing_judged(std::vector<Trouble>& troubles, const std::vector<Entry>& entries, std::string Entry::*place) {
  std::map<std::string, std::pair<std::size_t, bool>>
      all; // cases of a place, and whether one has a verdict or is broken
  for (const auto& entry : entries) {
    auto& [count, judged] = all[entry.*place];
    ++count;
    judged = judged || entry.result.verdict != Verdict::skipped;
  }
  for (const auto& [name, one] : all)
    if (!one.second)
      troubles.push_back({name,
                          fmt::format("nothing was judged: {}",
                                      one.first == 1 ? "its one case was skipped"
                                                     : fmt::format("all of its {} cases were skipped", one.first))});
}

void add_twins(std::vector<Trouble>& troubles, const std::vector<Entry>& entries) {
  std::map<std::string, std::string> shards;
  for (const auto& entry : entries)
    if (const auto [first, fresh] = shards.emplace(entry.result.id, entry.shard); !fresh)
      troubles.push_back({entry.shard, fmt::format("{} was also played by {}", entry.result.id, first->second)});
}

/// Whose rows and columns are named once each, in the order of the table.
void put_in_order(Joined& joined) {
  std::map<std::string, int> worst;
  std::set<std::string> columns;
  for (const auto& entry : joined.entries) {
    const auto now = urgency(entry.result.verdict);
    const auto row = worst.emplace(entry.row, now).first;
    row->second = std::min(row->second, now);
    columns.insert(entry.column);
  }
  for (const auto& [row, urgent] : worst) joined.rows.push_back(row);
  std::stable_sort(joined.rows.begin(), joined.rows.end(), [&](const auto& left, const auto& right) {
    return worst.at(left) < worst.at(right);
  });
  joined.columns.assign(columns.begin(), columns.end());
  std::sort(joined.columns.begin(), joined.columns.end(), [](const auto& left, const auto& right) {
    return column_order(left) < column_order(right);
  });
  std::stable_sort(joined.entries.begin(), joined.entries.end(), [](const Entry& left, const Entry& right) {
    const auto order = [](const Entry& entry) {
      return std::tuple(urgency(entry.result.verdict), std::string_view(entry.row), column_order(entry.column));
    };
    return order(left) < order(right);
  });
}

std::string say(const evidence::RoundResult& round) {
  auto text = harmless(fmt::format("round '{}' {}", round.name, evidence::to_text(round.verdict))) + "\n";
  if (round.broken) text += indented(util::to_text(*round.broken), "  ");
  for (const auto& finding : round.findings) text += indented(to_text(finding), "  ");
  if (!round.findings.empty() && !round.lint.empty()) {
    text += "  likely cause, in this build's own line:\n";
    for (const auto& warning : round.lint) text += indented(warning, "    ");
  }
  return text;
}

} // namespace

bool is_red(Verdict verdict) {
  return urgency(verdict) < 2;
}

bool is_green(const Joined& joined) {
  bool judged = false;
  for (const auto& entry : joined.entries) {
    if (is_red(entry.result.verdict)) return false;
    judged = judged || entry.result.verdict != Verdict::skipped;
  }
  return judged && joined.troubles.empty();
}

Joined join(const std::vector<Shard>& shards) {
  Joined joined{.shards = shards.size()};
  for (const auto& shard : shards) {
    add_troubles(joined.troubles, shard);
    add_cases(joined, shard);
  }
  nothing_judged(joined.troubles, joined.entries, &Entry::shard);
  nothing_judged(joined.troubles, joined.entries, &Entry::column);
  add_twins(joined.troubles, joined.entries);
  put_in_order(joined);
  return joined;
}

std::vector<Verdict> verdicts(const Joined& joined) {
  std::vector<Verdict> all(joined.troubles.size(), Verdict::broken);
  for (const auto& entry : joined.entries) all.push_back(entry.result.verdict);
  return all;
}

std::vector<std::string> doubts(const evidence::CaseResult& result) {
  std::vector<std::string> all;
  if (result.by_client) all.emplace_back("less certain");
  if (result.not_proven) all.emplace_back("not proven");
  return all;
}

std::string counts(const std::vector<Entry>& entries) {
  std::vector<std::string> parts;
  for (const auto verdict :
       {Verdict::failed, Verdict::stale, Verdict::broken, Verdict::passed, Verdict::known, Verdict::skipped}) {
    const auto count = std::count_if(
        entries.begin(), entries.end(), [&](const Entry& entry) { return entry.result.verdict == verdict; });
    if (count == 0) continue;
    std::map<std::string, std::size_t> doubted;
    for (const auto& entry : entries)
      if (entry.result.verdict == verdict)
        for (const auto& doubt : doubts(entry.result)) ++doubted[doubt];
    std::vector<std::string> weak;
    for (const auto& [doubt, number] : doubted) weak.push_back(fmt::format("{} {}", number, doubt));
    parts.push_back(fmt::format("{} {}", count, evidence::to_text(verdict)));
    if (!weak.empty()) parts.back() += " (" + util::join(weak, ", ") + ")";
  }
  return parts.empty() ? "nothing was played" : util::join(parts, ", ");
}

std::string verdict_text(const evidence::CaseResult& result) {
  auto words = doubts(result);
  words.insert(words.begin(), std::string(evidence::to_text(result.verdict)));
  return util::join(words, ", ");
}

std::string headline(const evidence::CaseResult& result) {
  if (result.verdict == Verdict::skipped) return harmless(result.reason);
  if (result.broken) return harmless(result.broken->what);
  for (const auto& round : result.rounds) {
    const auto before = harmless(round.name) + ": ";
    if (round.broken) return before + harmless(round.broken->what);
    if (!round.findings.empty()) return before + harmless(round.findings.front().summary);
  }
  return {};
}

std::string why(const evidence::CaseResult& result) {
  std::string text;
  if (result.by_client) text += std::string(evidence::k_less_certain) + "\n";
  if (result.not_proven) text += std::string(evidence::k_not_proven) + "\n";
  if (!result.reason.empty()) text += indented(result.reason, "");
  if (result.broken) text += indented(util::to_text(*result.broken), "");
  for (const auto& round : result.rounds) text += say(round);
  return text;
}

util::SourceSpot spot_of(const evidence::CaseResult& result) {
  for (const auto& round : result.rounds) {
    if (!round.findings.empty()) return round.findings.front().spot;
    if (round.spot.line > 0) return round.spot;
  }
  return {result.scenario, 1, 1};
}

} // namespace cacheproof::report
