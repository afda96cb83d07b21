#include "cli/accept.hpp"

#include "author/accept.hpp"
#include "author/observed.hpp"
#include "cli/scenarios.hpp"
#include "engine/exit_code.hpp"
#include "engine/load.hpp"
#include "judge/judge.hpp"
#include "report/text.hpp"
#include "util/caller.hpp"
#include "util/files.hpp"
#include "util/text.hpp"
#include "workspace/difference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <ostream>
#include <set>

namespace cacheproof::cli {
namespace {

using Cases = std::vector<engine::Case>;
using All = std::vector<evidence::CaseEvidence>;

constexpr int k_refused = 1;

int refuse(const std::string& what, const std::string& remedy = {}) {
  report_error({util::Blame::rig, "nothing was accepted: " + what, {}, remedy});
  return k_refused;
}

/// A claim in a known issue's range says how it should be, not how it is.
util::Status check_known_issues(const Cases& cases) {
  for (const auto& planned : cases)
    for (const auto& round : planned.scenario->rounds)
      for (const auto& build : scenario::builds_of(round))
        if (const auto& issue = build.known_issue;
            issue && scenario::matches(issue->when, engine::world_of(planned, build)))
          return util::failure(fmt::format("{} is in the range of the known issue {}", planned.id, issue->url),
                               {},
                               "its claims say how it should be: leave that case out by --filter or --buildkit",
                               util::Blame::usage);
  return {};
}

/// With a rate the claims need not hold in every play: what was seen is none of them.
util::Status check_rate(const scenario::Scenario& scenario) {
  const auto& repeat = scenario.repeat;
  if (!repeat || !repeat->fail_rate) return {};
  return util::failure(fmt::format("{}:{}: with a `fail_rate` claims say how it should be, not what every play saw",
                                   repeat->spot.file,
                                   repeat->spot.line),
                       {},
                       "take `fail_rate` out while you accept, or write the claims by hand",
                       util::Blame::usage);
}

/// Each play of a repeated story as a play of its own.
std::vector<All> plays_of(const scenario::Scenario& scenario, All played) {
  const auto times = static_cast<std::size_t>(scenario.repeat ? scenario.repeat->times : 1);
  std::vector<All> plays(times);
  for (auto& one : played) {
    auto rounds = std::move(one.rounds);
    const auto builds = rounds.size() / times;
    for (std::size_t i = 0; i < times; ++i) {
      auto& play = plays[i].emplace_back(one);
      const auto first = rounds.begin() + static_cast<std::ptrdiff_t>(i * builds);
      play.rounds.assign(first, first + static_cast<std::ptrdiff_t>(builds));
    }
  }
  return plays;
}

/// Every case played twice, and as often again as its story repeats; one at least was not skipped.
util::Result<std::vector<All>> play_twice(const Cases& cases, const PlayOnce& play) {
  std::vector<All> plays;
  for (int i = 0; i < 2; ++i) {
    CP_TRY_ASSIGN(auto played, play());
    if (played.size() != cases.size()) return util::failure("nothing was accepted: not every case was played");
    for (const auto& one : played)
      if (one.verdict == evidence::Verdict::broken) return util::failure("nothing was accepted: " + one.id + " broke");
    for (auto& one : plays_of(*cases.front().scenario, std::move(played))) plays.push_back(std::move(one));
  }
  const auto skipped = [](const auto& one) { return one.verdict == evidence::Verdict::skipped; };
  if (std::all_of(plays.front().begin(), plays.front().end(), skipped))
    return util::failure("nothing was accepted: every case was skipped");
  return plays;
}

/// A line for each thing in which a play of a case was not like the first one.
std::string differing(const Cases& cases, const std::vector<All>& plays) {
  std::string text;
  for (std::size_t i = 0; i < cases.size(); ++i)
    for (const auto& other : plays) {
      const auto lines = author::differences(plays.front()[i], other[i]);
      for (const auto& line : lines) text += fmt::format("\n    {}: {}", cases[i].id, line);
      if (!lines.empty()) break; // one play is enough
    }
  return text;
}

std::vector<author::Played> with_worlds(const Cases& cases, const All& played) {
  std::vector<author::Played> all;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (played[i].verdict == evidence::Verdict::skipped) continue;
    author::Played one{&played[i], {}};
    for (const auto& round : cases[i].scenario->rounds)
      for (const auto& build : scenario::builds_of(round)) one.worlds.push_back(engine::world_of(cases[i], build));
    all.push_back(std::move(one));
  }
  return all;
}

/// What the new text says of what was seen, in words; empty when it is a scenario all of whose claims hold.
std::string why_not(const std::string& text, const Cases& cases, const All& played) {
  auto reading = engine::check_text(text, cases.front().scenario->file);
  std::string why;
  for (const auto& one : reading.diagnostics)
    if (one.severity == util::Severity::error) why += util::to_text(one);
  if (!why.empty() || !reading.scenario) return why;
  const auto fresh = std::make_shared<const scenario::Scenario>(std::move(*reading.scenario));
  for (std::size_t i = 0; i < cases.size(); ++i) {
    auto planned = cases[i];
    planned.scenario = fresh;
    auto seen = played[i].rounds.begin();
    for (const auto& round : fresh->rounds)
      for (auto build : scenario::builds_of(round)) {
        if (seen == played[i].rounds.end()) break; // it was skipped
        const auto& now = *seen++;
        if (build.cancel) continue;
        build.expect.result.reset(); // what these look at is not kept, and nothing was written into them
        build.expect.log.reset();
        for (const auto& finding : judge::judge(build, engine::world_of(planned, build), now, fresh->source).findings)
          why += report::to_text(finding);
      }
  }
  return why;
}

} // namespace

int accept(const Cases& cases, const PlayOnce& play, std::ostream& out) {
  const auto& scenario = *cases.front().scenario;
  if (const auto allowed = check_known_issues(cases); !allowed) return report_error(allowed.error());
  if (const auto allowed = check_rate(scenario); !allowed) return report_error(allowed.error());
  const auto before = util::read_text(scenario.file);
  if (!before) return report_error(before.error());

  const auto plays = play_twice(cases, play);
  if (!plays) return report_error(plays.error());
  const auto& first = plays->front();
  if (const auto lines = differing(cases, *plays); !lines.empty())
    return refuse("two plays differ:" + lines, "what comes out at random is no claim: find out why first");

  const auto text = author::accept(scenario, *before, with_worlds(cases, first));
  if (!text) return refuse(text.error().what, text.error().remedy);
  if (*text == *before) {
    out << "nothing to accept: every claim holds, and every round has one\n";
    return 0;
  }
  const auto name = scenario.file.string();
  const auto shown = workspace::unified_difference(*before, *text, name, name + " (accepted)");
  if (!shown) return report_error(shown.error());
  out << *shown;
  for (const auto& played : *plays)
    if (const auto why = why_not(*text, cases, played); !why.empty())
      return refuse("the text above would not hold:\n" + why, "change the claim by hand");
  auto written = util::write_text(scenario.file, *text);
  if (written) written = util::give_to_caller(scenario.file);
  if (!written) return report_error(written.error());
  out << "accepted: " << scenario.file.string() << '\n';
  return 0;
}

} // namespace cacheproof::cli
