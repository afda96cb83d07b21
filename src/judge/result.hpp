#pragma once

#include "evidence/case.hpp"
#include "scenario/result.hpp"

#include <vector>

namespace cacheproof::judge {

/// What of the claims about a build's result does not hold. A result that could not be had as the round left it is a
/// finding: it was not judged, and that is no pass. `spot` is that of the claims as a whole.
///
/// A path that is not as a clean build makes it is called a false hit where the steps that made it, and all below them,
/// were cached.
std::vector<evidence::Finding>
judge_result(const scenario::ExpectedResult& claim, const util::SourceSpot& spot, const evidence::RoundEvidence& seen);

} // namespace cacheproof::judge
