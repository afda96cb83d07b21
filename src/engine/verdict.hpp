#pragma once

#include "evidence/case.hpp"

namespace cacheproof::engine {

/// The verdict of a case that was played, from those of its rounds: a failure found in the cache stays one even if the
/// rig broke in a later round, and so does a known issue that did not happen. Without a round it is broken.
evidence::Verdict verdict_of(const evidence::CaseEvidence& played);
/// The same where something else than the worst of them is the verdict of the rounds: the share of many plays.
evidence::Verdict verdict_of(const evidence::CaseEvidence& played, evidence::Verdict of_rounds);

} // namespace cacheproof::engine
