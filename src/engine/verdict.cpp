#include "engine/verdict.hpp"

#include <algorithm>

namespace cacheproof::engine {

using evidence::Verdict;

namespace {

bool any(const evidence::CaseEvidence& played, Verdict verdict) {
  return std::any_of(
      played.rounds.begin(), played.rounds.end(), [&](const auto& round) { return round.verdict == verdict; });
}

Verdict of_rounds(const evidence::CaseEvidence& played) {
  for (const auto verdict : {Verdict::failed, Verdict::stale, Verdict::known})
    if (any(played, verdict)) return verdict;
  return played.rounds.empty() ? Verdict::broken : Verdict::passed;
}

} // namespace

Verdict verdict_of(const evidence::CaseEvidence& played) {
  return verdict_of(played, of_rounds(played));
}

Verdict verdict_of(const evidence::CaseEvidence& played, Verdict of_rounds) {
  if (of_rounds == Verdict::failed || of_rounds == Verdict::stale) return of_rounds;
  if (played.broken || any(played, Verdict::broken)) return Verdict::broken;
  return played.reason.empty() ? of_rounds : Verdict::skipped;
}

} // namespace cacheproof::engine
