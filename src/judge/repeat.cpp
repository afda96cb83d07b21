#include "judge/repeat.hpp"

#include "util/diagnostic.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace cacheproof::judge {
namespace {

using evidence::Rate;
using evidence::Verdict;

/// Of one play, from its rounds.
struct Play {
  bool failed = false;
  bool stale = false;
  bool known = false;
  bool cut = false; ///< it broke or was skipped
};

std::map<int, Play> plays_of(const std::vector<evidence::RoundEvidence>& rounds) {
  std::map<int, Play> plays;
  for (const auto& round : rounds) {
    auto& play = plays[round.play];
    play.failed = play.failed || round.verdict == Verdict::failed;
    play.stale = play.stale || round.verdict == Verdict::stale;
    play.known = play.known || round.verdict == Verdict::known;
    play.cut = play.cut || round.verdict == Verdict::broken || round.verdict == Verdict::skipped;
  }
  return plays;
}

template <class Which> int count(const std::map<int, Play>& plays, Which which) {
  return static_cast<int>(
      std::count_if(plays.begin(), plays.end(), [&](const auto& one) { return which(one.second); }));
}

bool lies_within(const scenario::Share& share, const Rate& rate) {
  return share.bound > rate.low && share.bound < rate.high;
}

} // namespace

Rate rate_of(int count, int plays) {
  if (plays <= 0) return {count, plays, 0, 1};
  constexpr double z = 1.959963984540054; // the 97.5 % quantile of the normal distribution
  const double n = plays;
  const double share = count / n;
  const double middle = (share + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z / (1 + z * z / n) * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  // At the ends the interval reaches 0 and 1 exactly, which the arithmetic only nearly gives.
  return {count, plays, count == 0 ? 0 : middle - half, count == plays ? 1 : middle + half};
}

RepeatJudgement judge_repeat(const scenario::Scenario& scenario,
                             const std::vector<evidence::RoundEvidence>& rounds,
                             const std::vector<KnownAt>& known) {
  const auto& repeat = *scenario.repeat;
  const auto plays = plays_of(rounds);
  const auto played = static_cast<int>(plays.size());
  RepeatJudgement judged;
  auto& seen = judged.seen;
  seen.times = repeat.times;
  seen.failed = rate_of(count(plays, [](const Play& play) { return play.failed; }), played);
  seen.known = rate_of(count(plays, [](const Play& play) { return play.known && !play.failed; }), played);
  seen.rule = repeat.fail_rate
                  ? fmt::format("the share of plays in which a claim does not hold is {}", repeat.fail_rate->to_text())
                  : "every claim holds in every play";

  const auto find = [&](const char* key, const util::SourceSpot& spot, std::string summary, std::string expected) {
    evidence::Finding finding{key, spot, util::line_at(scenario.source, spot.line), std::move(summary)};
    finding.expected = {std::move(expected)};
    seen.findings.push_back(std::move(finding));
  };
  const auto observe = [&](const Rate& rate) { seen.findings.back().observed = {to_text(rate)}; };
  const auto note_doubt = [&](const scenario::Share& share, const Rate& rate) {
    if (lies_within(share, rate))
      seen.notes.push_back(fmt::format("{} plays cannot tell: the bound {} lies within the interval {:.2f} to {:.2f}",
                                       rate.plays,
                                       share.bound,
                                       rate.low,
                                       rate.high));
  };

  bool failed = false;
  bool stale = count(plays, [](const Play& play) { return play.stale && !play.failed; }) > 0;
  if (repeat.fail_rate) {
    note_doubt(*repeat.fail_rate, seen.failed);
    if (!repeat.fail_rate->holds(static_cast<std::uint64_t>(seen.failed.count), static_cast<std::uint64_t>(played))) {
      failed = true;
      find("repeat", repeat.spot, "the share of failed plays is another", repeat.fail_rate->to_text());
      observe(seen.failed);
    }
  } else if (seen.failed.count > 0) {
    failed = true;
    if (seen.failed.count < played)
      seen.notes.emplace_back("some plays hold and some do not: if that is how it is, claim it by `fail_rate`");
  }
  for (const auto& at : known) {
    if (!at.issue->rate) {
      if (stale && seen.known.count > 0)
        seen.notes.push_back("the known issue " + at.issue->url + " happens in some plays only: say so by its `rate`");
      continue;
    }
    const auto happened = static_cast<int>(std::count_if(rounds.begin(), rounds.end(), [&](const auto& round) {
      return round.number == at.number && round.entry == at.entry && round.verdict == Verdict::known;
    }));
    const auto rate = rate_of(happened, played);
    seen.rule +=
        fmt::format("; in a share of {} plays it fails exactly as {} says", at.issue->rate->to_text(), at.issue->url);
    note_doubt(*at.issue->rate, rate);
    if (at.issue->rate->holds(static_cast<std::uint64_t>(happened), static_cast<std::uint64_t>(played))) continue;
    (happened == 0 ? stale : failed) = true;
    find("known_issue",
         at.issue->spot,
         happened == 0 ? "the known issue did not happen here: its range must shrink, or there were too few plays"
                       : "the known issue happened in another share of plays",
         at.issue->rate->to_text());
    observe(rate);
  }

  const bool whole = played == repeat.times && count(plays, [](const Play& play) { return play.cut; }) == 0;
  const bool one_is_enough = !repeat.fail_rate && seen.failed.count > 0;
  if (whole ? failed : one_is_enough)
    judged.verdict = Verdict::failed;
  else if (!whole)
    judged.verdict = Verdict::broken;
  else if (stale)
    judged.verdict = Verdict::stale;
  else
    judged.verdict = seen.known.count > 0 ? Verdict::known : Verdict::passed;
  if (!whole) seen.findings.clear(); // about a share that is not that of all plays
  return judged;
}

} // namespace cacheproof::judge
