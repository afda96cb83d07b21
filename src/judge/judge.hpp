#pragma once

#include "evidence/case.hpp"
#include "scenario/scenario.hpp"

#include <string>
#include <vector>

namespace cacheproof::judge {

/// What a round's claims are worth against what was seen.
struct Judgement {
  /// passed, failed, known or stale: whether the rig broke is asked before
  evidence::Verdict verdict = evidence::Verdict::failed;
  std::vector<evidence::Finding> findings; ///< every difference, not only the first
  std::vector<std::string> notes;          ///< what is no claim but must be said: a failed cache import
};

/// Judges every claim of a round in one world: a cell and the facts of the case. Pure. `source` are the lines of the
/// scenario file.
///
/// - `rebuilt` is exact over steps of kind `step`; sources, imports and internal steps are never counted. A shared step
///   is named by any of its places. A step that ran and failed has executed: it counts as rebuilt.
/// - A claim that cannot be judged (a reference that matches no step, an export that is not there) is a finding.
/// - Without `status` the build must succeed.
Judgement judge(const scenario::Expectations& expect,
                const scenario::World& world,
                const evidence::RoundEvidence& seen,
                const std::vector<std::string>& source);

/// The same with the round's known issue in mind. In its range: `stale` when nothing failed, `known` when the round
/// fails exactly as the issue says, else `failed` with what differs from the round's own claims.
Judgement judge(const scenario::Round& round,
                const scenario::World& world,
                const evidence::RoundEvidence& seen,
                const std::vector<std::string>& source);

} // namespace cacheproof::judge
