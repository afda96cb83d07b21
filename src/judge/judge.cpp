#include "judge/judge.hpp"

#include "judge/caches.hpp"
#include "judge/finding.hpp"
#include "judge/result.hpp"
#include "judge/steps.hpp"
#include "util/diagnostic.hpp"
#include "util/pattern.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace cacheproof::judge {
namespace {

using evidence::Finding;
using evidence::Outcome;
using evidence::Step;
using Strings = std::vector<std::string>;

/// A step with what became of it: `app 2/4 COPY packages.txt . (cached)`.
std::string with_outcome(const Step& step) {
  return fmt::format("{} ({})", label(step), to_text(step.outcome));
}

/// Judges one round: each method one key of `expect`.
class Judge {
public:
  Judge(const scenario::World& world, const evidence::RoundEvidence& seen, const Strings& source)
      : world_(world),
        seen_(seen),
        record_(seen.record),
        source_(source),
        distinct_(evidence::distinct_steps(record_)) {}

  void status(const std::optional<scenario::Claim<scenario::ExpectedStatus>>& claim) {
    const auto* chosen = claim ? choose("status", *claim) : nullptr;
    if (claim && !chosen) return;
    const auto spot = chosen ? chosen->spot : seen_.spot;
    const auto& fails = chosen ? chosen->value.fails : std::nullopt;
    if ((seen_.exit_code == 0) != record_.succeeded)
      return add("status",
                 spot,
                 "the client and BuildKit do not agree on how the build ended",
                 {fmt::format("BuildKit: {}", record_.succeeded ? "succeeded" : "failed")},
                 {fmt::format("client: exit code {}", seen_.exit_code)});
    if (!fails) {
      if (!record_.succeeded) add("status", spot, "the build failed", {"ok"}, {record_.error});
      return;
    }
    const std::string expected = "fails: " + fails->value;
    const auto pattern = util::Pattern::compile(fails->value);
    if (!pattern)
      add("status", spot, "`fails` is no regular expression", {expected}, {});
    else if (record_.succeeded)
      add("status", spot, "the build succeeded, but it should fail", {expected}, {"ok"});
    else if (!pattern->found(record_.error)
             && std::none_of(record_.steps.begin(), record_.steps.end(), [&](const Step& step) {
                  return pattern->found(step.error);
                }))
      add("status", spot, "the build failed, but in another way", {expected}, {record_.error});
  }

  void rebuilt(const scenario::Claim<scenario::StepSet>& claim) {
    using Kind = scenario::StepSet::Kind;
    const auto* chosen = choose("rebuilt", claim);
    if (!chosen) return;
    std::set<const Step*> needed;
    for (const auto& step : record_.steps)
      if (step.kind == evidence::StepKind::step && step.outcome != Outcome::unneeded) needed.insert(&step);
    if (chosen->value.kind != Kind::listed && needed.empty())
      return add("rebuilt", chosen->spot, "this build needed no step, so the claim says nothing", {}, {});

    const auto expected = chosen->value.kind == Kind::all      ? needed
                          : chosen->value.kind == Kind::listed ? named("rebuilt", chosen->value.steps)
                                                               : std::set<const Step*>{};
    std::set<const Step*> of_one_build; // it is to run in just that one
    for (const auto& reference : chosen->value.steps) {
      const auto steps = named_by(reference, record_);
      if (reference.build.empty())
        check_which_build(reference);
      else
        of_one_build.insert(steps.begin(), steps.end());
    }
    Finding difference;
    for (const auto& builds : distinct_) {
      const bool ran = std::any_of(
          builds.begin(), builds.end(), [&](const Step* step) { return expected.contains(step) && executed(*step); });
      for (const auto* step : builds) {
        const bool wanted = expected.contains(step);
        const bool missing = wanted && !executed(*step) && (!ran || of_one_build.contains(step));
        if (missing || (wanted && executed(*step))) difference.expected.push_back(label(*step));
        if (executed(*step)) difference.observed.push_back(label(*step));
        if (executed(*step) && !wanted) difference.unexpected.push_back(label(*step));
        if (missing) difference.missing.push_back(with_outcome(*step));
      }
    }
    Strings parts;
    if (const auto extra = difference.unexpected.size(); extra > 0)
      parts.push_back(fmt::format("{} ran that the claim does not name", util::plural(extra, "step")));
    if (const auto absent = difference.missing.size(); absent > 0)
      parts.push_back(fmt::format(
          "{} did not run although the claim names {}", util::plural(absent, "step"), absent == 1 ? "it" : "them"));
    if (parts.empty()) return;
    difference.summary = util::join(parts, ", ");
    add("rebuilt", chosen->spot, std::move(difference));
  }

  /// `cached` and `unneeded`: every step that the claim names has that outcome.
  void all_are(const char* key, Outcome outcome, const scenario::Claim<std::vector<scenario::StepReference>>& claim) {
    const auto* chosen = choose(key, claim);
    if (!chosen) return;
    Finding difference;
    for (const auto* step : named(key, chosen->value)) {
      difference.expected.push_back(label(*step));
      if (step->outcome != outcome) difference.missing.push_back(with_outcome(*step));
    }
    if (difference.missing.empty()) return;
    difference.summary = fmt::format("{} should be {} and {} not",
                                     util::plural(difference.missing.size(), "step"),
                                     key,
                                     difference.missing.size() == 1 ? "is" : "are");
    add(key, chosen->spot, std::move(difference));
  }

  void exported(const scenario::Claim<scenario::Exported>& claim) {
    const auto* chosen = choose("exported", claim);
    if (chosen) add_all(judge_exported(chosen->value, chosen->spot, seen_));
  }

  void imported(const scenario::Claim<scenario::ExpectedImport>& claim) {
    const auto* chosen = choose("imported", claim);
    if (chosen) add_all(judge_imported(chosen->value, chosen->spot, seen_));
  }

  void log(const scenario::Claim<scenario::ExpectedLog>& claim) {
    const auto* chosen = choose("log", claim);
    if (!chosen) return;
    const auto lines = util::lines(seen_.log);
    const auto look = [&](const scenario::Text& text, const char* key, bool wanted) {
      const auto pattern = util::Pattern::compile(text.value);
      if (!pattern) return add(key, text.spot, "it is no regular expression", {text.value}, {});
      const auto line =
          std::find_if(lines.begin(), lines.end(), [&](const auto& each) { return pattern->found(each); });
      if (wanted && line == lines.end())
        add(key, text.spot, fmt::format("no line of the client's {} has a match", lines.size()), {text.value}, {});
      if (!wanted && line != lines.end())
        add(key, text.spot, "a line of the client's has a match", {"no " + text.value}, {*line});
    };
    for (const auto& text : chosen->value.has) look(text, "log.has", true);
    for (const auto& text : chosen->value.lacks) look(text, "log.lacks", false);
  }

  void result(const scenario::Claim<scenario::ExpectedResult>& claim) {
    const auto* chosen = choose("result", claim);
    if (chosen) add_all(judge_result(chosen->value, chosen->spot, seen_));
  }

  /// Exact: every warning is expected by one regex of its own, and the other way round.
  void warnings(const scenario::Claim<std::vector<scenario::Text>>& claim) {
    const auto* chosen = choose("warnings", claim);
    if (!chosen) return;
    const auto& seen = record_.warnings;
    std::vector<util::Pattern> patterns;
    for (const auto& text : chosen->value) {
      auto pattern = util::Pattern::compile(text.value);
      if (!pattern) return add("warnings", text.spot, "it is no regular expression", {text.value}, {});
      patterns.push_back(std::move(*pattern));
    }
    // Which warning each pattern took: a matching, for a greedy choice depends on the order (Kuhn's algorithm).
    std::vector<std::size_t> taken_by(seen.size(), patterns.size());
    for (std::size_t pattern = 0; pattern < patterns.size(); ++pattern) {
      std::vector<bool> tried(seen.size(), false);
      take(pattern, patterns, taken_by, tried);
    }
    Finding difference;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      difference.observed.push_back(seen[i].text);
      if (taken_by[i] == patterns.size())
        difference.unexpected.push_back(seen[i].text);
      else
        difference.expected.push_back(chosen->value[taken_by[i]].value); // in the order of what it matched
    }
    for (std::size_t pattern = 0; pattern < patterns.size(); ++pattern)
      if (std::find(taken_by.begin(), taken_by.end(), pattern) == taken_by.end())
        difference.missing.push_back(chosen->value[pattern].value);
    difference.expected.insert(difference.expected.end(), difference.missing.begin(), difference.missing.end());
    if (difference.unexpected.empty() && difference.missing.empty()) return;
    difference.summary = "BuildKit's warnings are not those of the claim";
    add("warnings", chosen->spot, std::move(difference));
  }

  void no_claim(std::string summary) { add("rebuilt", seen_.spot, std::move(summary), {}, {}); }

  std::vector<Finding> findings() && { return std::move(findings_); }

private:
  /// The steps that the references name. One that names nothing, and a range that reaches past the steps there are, is
  /// a finding at its own place.
  std::set<const Step*> named(const char* key, const std::vector<scenario::StepReference>& references) {
    std::set<const Step*> all;
    for (const auto& reference : references) {
      if (auto missing = unmatched(reference, record_); !missing.empty()) {
        Finding finding;
        finding.summary = fmt::format("this build has no step {}", util::join(missing, ", "));
        finding.expected = finding.missing = {reference.text};
        add(key, reference.spot, std::move(finding));
      }
      for (const auto* step : named_by(reference, record_))
        if (!reference.build.empty() || step->outcome != Outcome::unneeded || !needed_elsewhere(*step))
          all.insert(step);
    }
    return all;
  }

  const std::vector<const Step*>& builds_of(const Step& step) const {
    return *std::find_if(distinct_.begin(), distinct_.end(), [&](const auto& builds) {
      return std::find(builds.begin(), builds.end(), &step) != builds.end();
    });
  }

  /// By another of several builds.
  bool needed_elsewhere(const Step& step) const {
    const auto& builds = builds_of(step);
    return std::any_of(
        builds.begin(), builds.end(), [](const Step* other) { return other->outcome != Outcome::unneeded; });
  }

  /// A reference without a build is for the step in whichever build ran it: one that several ran is not told by it.
  void check_which_build(const scenario::StepReference& reference) {
    for (const auto* step : named_by(reference, record_)) {
      if (step->build.empty()) continue;
      const auto& builds = builds_of(*step);
      const auto first = std::find_if(builds.begin(), builds.end(), [](const Step* each) { return executed(*each); });
      if (first == builds.end() || *first != step) continue; // once for them all
      Strings observed;
      for (const auto* other : builds)
        if (executed(*other) && !(other != step && executed_together(*step, *other))) observed.push_back(label(*other));
      if (observed.size() > 1)
        add("rebuilt",
            reference.spot,
            fmt::format("several builds ran this step, each for itself: say which is meant, as in {}:{}",
                        step->build,
                        reference.text),
            {reference.text},
            observed);
    }
  }

  bool take(std::size_t pattern,
            const std::vector<util::Pattern>& patterns,
            std::vector<std::size_t>& taken_by,
            std::vector<bool>& tried) const {
    for (std::size_t i = 0; i < taken_by.size(); ++i) {
      if (tried[i] || !patterns[pattern].found(record_.warnings[i].text)) continue;
      tried[i] = true;
      if (taken_by[i] == patterns.size() || take(taken_by[i], patterns, taken_by, tried)) {
        taken_by[i] = pattern;
        return true;
      }
    }
    return false;
  }

  /// The alternative for this cell. The reader refuses a claim without one; here it would be a finding, never a pass.
  template <class T> const scenario::Alternative<T>* choose(const char* key, const scenario::Claim<T>& claim) {
    const auto* chosen = claim.choose(world_);
    if (!chosen) add(key, claim.spot, "no `when` of this claim matches the case", {}, {});
    return chosen;
  }

  void add_all(std::vector<Finding> findings) {
    for (auto& each : findings) {
      each.source_line = util::line_at(source_, each.spot.line);
      findings_.push_back(std::move(each));
    }
  }
  void add(const char* key, const util::SourceSpot& spot, Finding finding) {
    finding.expectation = key;
    finding.spot = spot;
    add_all({std::move(finding)});
  }
  void add(const char* key, const util::SourceSpot& spot, std::string summary, Strings expected, Strings observed) {
    add_all({finding(key, spot, std::move(summary), std::move(expected), std::move(observed))});
  }

  const scenario::World& world_;
  const evidence::RoundEvidence& seen_;
  const evidence::BuildRecord& record_;
  const Strings& source_;
  const std::vector<std::vector<const Step*>> distinct_; ///< of several builds what each made of a step
  std::vector<Finding> findings_;
};

/// Whether a build failed before any step of it was looked at.
bool was_refused(const evidence::BuildRecord& record) {
  return !record.succeeded && record.steps.empty();
}

/// What can be claimed of a build that was refused.
scenario::Expectations without_steps(const scenario::Expectations& expect) {
  scenario::Expectations words;
  words.status = expect.status;
  words.warnings = expect.warnings;
  words.log = expect.log;
  return words;
}

} // namespace

Judgement judge(const scenario::Expectations& expect,
                const scenario::World& world,
                const evidence::RoundEvidence& seen,
                const std::vector<std::string>& source) {
  Judgement judgement;
  Judge judge(world, seen, source);
  if (seen.record.ref.empty() && seen.record.error.empty()) {
    judge.no_claim("there is no record of this build: nothing can be judged");
  } else {
    judge.status(expect.status);
    if (expect.rebuilt) judge.rebuilt(*expect.rebuilt);
    if (expect.cached) judge.all_are("cached", Outcome::cached, *expect.cached);
    if (expect.unneeded) judge.all_are("unneeded", Outcome::unneeded, *expect.unneeded);
    if (expect.exported) judge.exported(*expect.exported);
    if (expect.imported) judge.imported(*expect.imported);
    if (expect.warnings) judge.warnings(*expect.warnings);
    if (expect.log) judge.log(*expect.log);
    if (expect.result) judge.result(*expect.result);
  }
  for (const auto& import : seen.record.imports)
    if (!import.error.empty())
      judgement.notes.push_back(fmt::format("the cache import of {} failed: {}", import.ref, import.error));
  judgement.findings = std::move(judge).findings();
  judgement.verdict = judgement.findings.empty() ? evidence::Verdict::passed : evidence::Verdict::failed;
  return judgement;
}

Judgement judge(const scenario::Round& round,
                const scenario::World& world,
                const evidence::RoundEvidence& seen,
                const std::vector<std::string>& source) {
  auto judgement = judge(round.expect, world, seen, source);
  const auto& issue = round.known_issue;
  if (!issue || !scenario::matches(issue->when, world)) return judgement;
  if (judgement.verdict == evidence::Verdict::passed) {
    Finding stale{"known_issue", issue->spot, {}, "the known issue did not happen here: its range must shrink"};
    stale.source_line = util::line_at(source, issue->spot.line);
    stale.expected = {"known issue " + issue->url};
    stale.observed = {"every claim of the round holds"};
    judgement.findings = {std::move(stale)};
    judgement.verdict = evidence::Verdict::stale;
    return judgement;
  }
  const auto claims = was_refused(seen.record) ? without_steps(round.expect) : round.expect;
  if (judge(scenario::merge_claims(claims, issue->expect), world, seen, source).verdict == evidence::Verdict::passed) {
    judgement.notes.push_back("known issue " + issue->url + ": it fails exactly as that says");
    judgement.findings.clear();
    judgement.verdict = evidence::Verdict::known;
    return judgement;
  }
  judgement.notes.push_back("not as the known issue " + issue->url + " says: another failure");
  return judgement;
}

} // namespace cacheproof::judge
