#pragma once

#include "evidence/case.hpp"
#include "scenario/scenario.hpp"

#include <string>
#include <vector>

namespace cacheproof::judge {

/// What a round's claims are worth against what was seen.
struct Judgement {
  evidence::Verdict verdict = evidence::Verdict::failed; ///< passed or failed: whether the rig broke is asked before
  std::vector<evidence::Finding> findings;               ///< every difference, not only the first
  std::vector<std::string> notes;                        ///< what is no claim but must be said: a failed cache import
};

/// Judges every claim of a round in one cell. Pure. `source` are the lines of the scenario file.
///
/// - `rebuilt` is exact over steps of kind `step`; sources, imports and internal steps are never counted. A shared step
///   is named by any of its places. A step that ran and failed has executed: it counts as rebuilt.
/// - A claim that cannot be judged (a reference that matches no step, an export that is not there) is a finding.
/// - Without `status` the build must succeed.
Judgement judge(const scenario::Expectations& expect,
                const scenario::Cell& cell,
                const evidence::RoundEvidence& seen,
                const std::vector<std::string>& source);

} // namespace cacheproof::judge
