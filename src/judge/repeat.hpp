#pragma once

#include "evidence/case.hpp"
#include "scenario/scenario.hpp"

#include <string>
#include <vector>

namespace cacheproof::judge {

/// The share `count` of `plays` with its Wilson score interval for 95 %.
evidence::Rate rate_of(int count, int plays);

/// A known issue in whose range a case lies, and which build of the story fails so.
struct KnownAt {
  int number = 0; ///< of the round
  std::string entry;
  const scenario::KnownIssue* issue = nullptr;
};

struct RepeatJudgement {
  evidence::Verdict verdict = evidence::Verdict::broken;
  evidence::RepeatEvidence seen;
};

/// The verdict of a story that was played several times, from the judged rounds of all plays. Pure.
///
/// - A play failed when any of its rounds did. The observed share of these decides, `fail_rate` by its bound and
///   without one any; a bound within the interval is noted: so few plays cannot tell.
/// - A round with a known issue that has a `rate` passes in a play, or is known in it; the observed share of the latter
///   has to be as `rate` says. Where it never happened the issue is stale.
/// - A play whose rig broke, or that was not played to its end, breaks all: a share of fewer plays was not asked for.
///   Only a failed play without a `fail_rate` stays a failure.
RepeatJudgement judge_repeat(const scenario::Scenario& scenario,
                             const std::vector<evidence::RoundEvidence>& rounds,
                             const std::vector<KnownAt>& known);

} // namespace cacheproof::judge
