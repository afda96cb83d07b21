#include "judge/judge.hpp"

#include "judge/steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>
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

bool found(const std::string& pattern, const std::string& text) {
  return std::regex_search(text, std::regex(pattern)); // the reader has refused what does not compile
}

/// Judges one round: each method one key of `expect`.
class Judge {
public:
  Judge(const scenario::Cell& cell, const evidence::RoundEvidence& seen, const Strings& source)
      : cell_(cell),
        seen_(seen),
        record_(seen.record),
        source_(source) {}

  void status(const std::optional<scenario::Claim<scenario::ExpectedStatus>>& claim) {
    const auto* chosen = claim ? choose("status", *claim) : nullptr;
    if (claim && !chosen) return;
    const auto spot = chosen ? chosen->spot : seen_.spot;
    const auto& fails = chosen ? chosen->value.fails : std::nullopt;
    if (!fails) {
      if (!record_.succeeded) add("status", spot, "the build failed", {"ok"}, {record_.error});
    } else if (record_.succeeded) {
      add("status", spot, "the build succeeded, but it should fail", {"fails: " + fails->value}, {"ok"});
    } else if (!found(fails->value, record_.error)) {
      add("status", spot, "the build failed, but in another way", {"fails: " + fails->value}, {record_.error});
    }
  }

  void rebuilt(const scenario::Claim<scenario::StepSet>& claim) {
    const auto* chosen = choose("rebuilt", claim);
    if (!chosen) return;
    std::set<const Step*> expected;
    Strings unjudged;
    switch (chosen->value.kind) {
    case scenario::StepSet::Kind::none:
      break;
    case scenario::StepSet::Kind::all:
      for (const auto& step : record_.steps)
        if (step.kind == evidence::StepKind::step && step.outcome != Outcome::unneeded) expected.insert(&step);
      break;
    case scenario::StepSet::Kind::listed:
      for (const auto& reference : chosen->value.steps) {
        const auto named = named_by(reference, record_);
        if (named.empty()) unjudged.push_back(fmt::format("{} (no such step in this build)", reference.text));
        expected.insert(named.begin(), named.end());
      }
    }
    Finding difference;
    difference.missing = unjudged;
    difference.expected = std::move(unjudged);
    for (const auto& step : record_.steps) {
      if (step.kind != evidence::StepKind::step) continue;
      const bool wanted = expected.contains(&step);
      if (wanted) difference.expected.push_back(label(step));
      if (executed(step)) difference.observed.push_back(label(step));
      if (executed(step) && !wanted) difference.unexpected.push_back(label(step));
      if (wanted && !executed(step)) difference.missing.push_back(with_outcome(step));
    }
    if (difference.unexpected.empty() && difference.missing.empty()) return;
    difference.summary = fmt::format("{} ran although the claim does not name {}, {} did not run although it does",
                                     count(difference.unexpected.size()),
                                     difference.unexpected.size() == 1 ? "it" : "them",
                                     count(difference.missing.size()));
    add("rebuilt", chosen->spot, std::move(difference));
  }

  /// `cached` and `unneeded`: every step that the claim names has that outcome.
  void all_are(const char* key, Outcome outcome, const scenario::Claim<std::vector<scenario::StepReference>>& claim) {
    const auto* chosen = choose(key, claim);
    if (!chosen) return;
    Finding difference;
    for (const auto& reference : chosen->value) {
      const auto named = named_by(reference, record_);
      if (named.empty()) difference.missing.push_back(fmt::format("{} (no such step in this build)", reference.text));
      for (const auto* step : named) {
        difference.expected.push_back(label(*step));
        if (step->outcome != outcome) difference.missing.push_back(with_outcome(*step));
      }
    }
    if (difference.missing.empty()) return;
    difference.summary = fmt::format("{} should be {} and {} not",
                                     count(difference.missing.size()),
                                     key,
                                     difference.missing.size() == 1 ? "is" : "are");
    add(key, chosen->spot, std::move(difference));
  }

  void exported(const scenario::Claim<scenario::Exported>& claim) {
    const auto* chosen = choose("exported", claim);
    if (!chosen || !chosen->value.layers) return;
    const auto& value = chosen->value;
    const auto expected = value.layers->to_text() + " layers";
    const auto refuse = [&](std::string why, Strings observed = {}) {
      add("exported.layers", value.layers_spot, std::move(why), {expected}, std::move(observed));
    };
    std::vector<const evidence::CacheContents*> caches;
    Strings refs;
    for (const auto& cache : seen_.caches) {
      refs.push_back(cache.ref);
      if (!value.of || cache.ref.ends_with("/" + value.of->value)) caches.push_back(&cache);
    }
    if (caches.empty())
      return refuse(value.of ? "no cache was exported to " + value.of->value : "no cache was exported", refs);
    if (caches.size() > 1) return refuse("several caches were exported: say `of:` which one is meant", refs);
    const auto& cache = *caches.front();
    if (cache.shape == evidence::CacheShape::absent || cache.shape == evidence::CacheShape::not_a_cache)
      return refuse(fmt::format("what lies at {} is {}", cache.ref, to_text(cache.shape)));
    if (!value.layers->holds(cache.layers.size()))
      refuse(fmt::format("the cache at {} holds another number of layers", cache.ref),
             {fmt::format("{} layers", cache.layers.size())});
  }

  /// Exact: every warning is expected by one regex of its own, and the other way round.
  void warnings(const scenario::Claim<std::vector<scenario::Text>>& claim) {
    const auto* chosen = choose("warnings", claim);
    if (!chosen) return;
    const auto& patterns = chosen->value;
    const auto& seen = record_.warnings;
    // Which warning each pattern took: a matching, for a greedy choice depends on the order (Kuhn's algorithm).
    std::vector<std::size_t> taken_by(seen.size(), patterns.size());
    for (std::size_t pattern = 0; pattern < patterns.size(); ++pattern) {
      std::vector<bool> tried(seen.size(), false);
      take(pattern, patterns, taken_by, tried);
    }
    Finding difference;
    for (const auto& pattern : patterns) difference.expected.push_back(pattern.value);
    for (std::size_t i = 0; i < seen.size(); ++i) {
      difference.observed.push_back(seen[i].text);
      if (taken_by[i] == patterns.size()) difference.unexpected.push_back(seen[i].text);
    }
    for (std::size_t pattern = 0; pattern < patterns.size(); ++pattern)
      if (std::find(taken_by.begin(), taken_by.end(), pattern) == taken_by.end())
        difference.missing.push_back(patterns[pattern].value);
    if (difference.unexpected.empty() && difference.missing.empty()) return;
    difference.summary = "BuildKit's warnings are not those of the claim";
    add("warnings", chosen->spot, std::move(difference));
  }

  void no_claim(std::string summary) { add("rebuilt", seen_.spot, std::move(summary), {}, {}); }

  std::vector<Finding> findings() && { return std::move(findings_); }

private:
  static std::string count(std::size_t steps) {
    return steps == 0 ? "no step" : steps == 1 ? "1 step" : fmt::format("{} steps", steps);
  }

  bool take(std::size_t pattern,
            const std::vector<scenario::Text>& patterns,
            std::vector<std::size_t>& taken_by,
            std::vector<bool>& tried) const {
    for (std::size_t i = 0; i < taken_by.size(); ++i) {
      if (tried[i] || !found(patterns[pattern].value, record_.warnings[i].text)) continue;
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
    const auto* chosen = claim.choose(cell_);
    if (!chosen) add(key, claim.spot, "no `when` of this claim matches the case", {}, {});
    return chosen;
  }

  void add(const char* key, const util::SourceSpot& spot, Finding finding) {
    finding.expectation = key;
    finding.spot = spot;
    if (spot.line > 0 && static_cast<std::size_t>(spot.line) <= source_.size())
      finding.source_line = source_[static_cast<std::size_t>(spot.line) - 1];
    findings_.push_back(std::move(finding));
  }
  void add(const char* key, const util::SourceSpot& spot, std::string summary, Strings expected, Strings observed) {
    Finding finding;
    finding.summary = std::move(summary);
    finding.expected = std::move(expected);
    finding.observed = std::move(observed);
    add(key, spot, std::move(finding));
  }

  const scenario::Cell& cell_;
  const evidence::RoundEvidence& seen_;
  const evidence::BuildRecord& record_;
  const Strings& source_;
  std::vector<Finding> findings_;
};

} // namespace

Judgement judge(const scenario::Expectations& expect,
                const scenario::Cell& cell,
                const evidence::RoundEvidence& seen,
                const std::vector<std::string>& source) {
  Judgement judgement;
  Judge judge(cell, seen, source);
  if (seen.record.ref.empty()) {
    judge.no_claim("there is no record of this build: nothing can be judged");
  } else {
    judge.status(expect.status);
    if (expect.rebuilt) judge.rebuilt(*expect.rebuilt);
    if (expect.cached) judge.all_are("cached", Outcome::cached, *expect.cached);
    if (expect.unneeded) judge.all_are("unneeded", Outcome::unneeded, *expect.unneeded);
    if (expect.exported) judge.exported(*expect.exported);
    if (expect.warnings) judge.warnings(*expect.warnings);
  }
  for (const auto& import : seen.record.imports)
    if (!import.error.empty())
      judgement.notes.push_back(fmt::format("the cache import of {} failed: {}", import.ref, import.error));
  judgement.findings = std::move(judge).findings();
  judgement.verdict = judgement.findings.empty() ? evidence::Verdict::passed : evidence::Verdict::failed;
  return judgement;
}

} // namespace cacheproof::judge
