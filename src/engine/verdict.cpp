#include "engine/verdict.hpp"

#include <algorithm>

namespace cacheproof::engine {

using evidence::Verdict;

Verdict verdict_of(const evidence::CaseEvidence& played) {
  const auto any = [&](Verdict verdict) {
    return std::any_of(
        played.rounds.begin(), played.rounds.end(), [&](const auto& round) { return round.verdict == verdict; });
  };
  if (any(Verdict::failed)) return Verdict::failed;
  if (any(Verdict::stale)) return Verdict::stale;
  if (played.broken || any(Verdict::broken)) return Verdict::broken;
  if (!played.reason.empty()) return Verdict::skipped;
  if (played.rounds.empty()) return Verdict::broken;
  return any(Verdict::known) ? Verdict::known : Verdict::passed;
}

} // namespace cacheproof::engine
