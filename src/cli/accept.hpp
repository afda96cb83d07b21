#pragma once

#include "engine/plan.hpp"
#include "evidence/case.hpp"
#include "util/result.hpp"

#include <functional>
#include <iosfwd>
#include <vector>

namespace cacheproof::cli {

/// Plays the cases once, to their verdicts.
using PlayOnce = std::function<util::Result<std::vector<evidence::CaseEvidence>>()>;

/// `run --accept`: plays the cases of one scenario twice and writes what was seen into its file, after showing the
/// difference. What it would write is read back and judged by the same evidence first. Refuses, and leaves the file as
/// it is, in a known issue's range, when two plays differ, and when a case broke. The exit code: 1 for a refusal that
/// is about what was seen.
int accept(const std::vector<engine::Case>& cases, const PlayOnce& play, std::ostream& out);

} // namespace cacheproof::cli
