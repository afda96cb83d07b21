#pragma once

#include "engine/observer.hpp"
#include "engine/plan.hpp"
#include "engine/rig.hpp"
#include "evidence/case.hpp"

#include <chrono>
#include <filesystem>
#include <stop_token>

namespace cacheproof::engine {

struct PlayOptions {
  std::filesystem::path folder; ///< where the case's evidence goes
  std::filesystem::path root;   ///< below which the sandbox is made; empty: where there is room
  bool keep = false;            ///< leave the sandbox's own folder behind
  /// Every build that succeeds is compared with a clean one, claimed or not.
  bool verify_results = false;
  /// What a round may take beside its build: a start, edits, reading.
  std::chrono::seconds allowance = std::chrono::seconds(60);
  std::stop_token stop;
};

/// Plays one case from a clean world to its verdict: the one way to do so, for the command line and for GoogleTest.
/// `rigs` has every version of `versions_of`, each with the frontends of `frontends_of`. Never fails itself: what went
/// wrong with the rig is the verdict `broken` and its reason.
evidence::CaseEvidence play(const Case& planned, const Rigs& rigs, const PlayOptions& options, Observer& observer);

} // namespace cacheproof::engine
