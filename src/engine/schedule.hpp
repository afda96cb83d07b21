#pragma once

#include "engine/observer.hpp"
#include "engine/plan.hpp"
#include "evidence/case.hpp"
#include "sandbox/admission.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

namespace cacheproof::engine {

/// How long cases took when they were played last, by id.
using Durations = std::map<std::string, evidence::Nanoseconds>;

struct ScheduleOptions {
  std::size_t jobs = 1; ///< workers
  Durations durations;
  /// A case is called slow when it has run for so long, and for three times as long as last time.
  std::chrono::nanoseconds slow_after = std::chrono::seconds(20);
  /// Asks what the machine has left for cases; empty: there is room for all.
  std::function<sandbox::Room()> room;
  std::stop_token stop;
};

/// Plays one case, its sandbox below `root` (empty: where there is room); called from several threads.
using Play = std::function<evidence::CaseEvidence(const Case&, const std::filesystem::path& root, Observer&)>;

/// Plays all cases on `jobs` workers, longest first and unknown ones before them. A case waits while there is no room
/// beside what those that run may come to need, unless none runs. The observer hears of all of them, from one thread at
/// a time. What was played is returned in the order of `cases`; a stop leaves out what has not begun.
std::vector<evidence::CaseEvidence>
play_all(const std::vector<Case>& cases, const ScheduleOptions& options, const Play& play, Observer& observer);

} // namespace cacheproof::engine
