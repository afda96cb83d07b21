#pragma once

#include "evidence/case.hpp"
#include "scenario/scenario.hpp"

#include <vector>

namespace cacheproof::judge {

/// What of the claims about an exported cache does not hold: without one of them the claim is that a cache is there.
/// `spot` is that of the claims as a whole, here and below.
std::vector<evidence::Finding>
judge_exported(const scenario::Exported& claim, const util::SourceSpot& spot, const evidence::RoundEvidence& seen);

/// What of the claim about all cache imports does not hold. A build that imported none is a finding.
std::vector<evidence::Finding> judge_imported(const scenario::ExpectedImport& claim,
                                              const util::SourceSpot& spot,
                                              const evidence::RoundEvidence& seen);

} // namespace cacheproof::judge
