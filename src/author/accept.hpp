#pragma once

#include "evidence/case.hpp"
#include "scenario/scenario.hpp"
#include "util/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::author {

/// One case as it was played and judged, once, and what the claims of each of its builds could depend on.
struct Played {
  const evidence::CaseEvidence* evidence = nullptr;
  std::vector<scenario::World> worlds; ///< of each build, as its rounds
};

/// The scenario's text with what was seen in place of each claim that does not hold, and with claims for the rounds
/// that had none. Claims that hold stay as they are written, and so do comments and order. Where cases saw different
/// things, a claim without `when` gets alternatives by one dimension of the matrix or by version.
///
/// Refused with the reason: claims of a kind that is not written (`log`, `result`, `status`) and do not hold, a build
/// that failed, and cases that differ where no `when` can tell them apart. Judging what it wrote is the caller's.
util::Result<std::string>
accept(const scenario::Scenario& scenario, std::string_view text, const std::vector<Played>& cases);

} // namespace cacheproof::author
