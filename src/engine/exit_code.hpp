#pragma once

#include "evidence/case.hpp"

#include <optional>
#include <vector>

namespace cacheproof::engine {

/// The program's exit codes beside those of `exit_code` (design: "Rules that need no second opinion").
inline constexpr int k_exit_invalid_scenario = 3;
inline constexpr int k_exit_usage = 64;

/// 1 if anything failed or is stale; else 2 if anything is broken or nothing was judged; else 0. `skip_code` replaces
/// the 2 of a run in which every case was skipped.
int exit_code(const std::vector<evidence::Verdict>& verdicts, std::optional<int> skip_code = {});
int exit_code(const std::vector<evidence::CaseEvidence>& played, std::optional<int> skip_code = {});

} // namespace cacheproof::engine
