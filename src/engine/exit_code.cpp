#include "engine/exit_code.hpp"

#include <algorithm>

namespace cacheproof::engine {

int exit_code(const std::vector<evidence::CaseEvidence>& played, std::optional<int> skip_code) {
  using evidence::Verdict;
  const auto any = [&](auto... verdicts) {
    return std::any_of(
        played.begin(), played.end(), [&](const auto& each) { return ((each.verdict == verdicts) || ...); });
  };
  if (any(Verdict::failed, Verdict::stale)) return 1;
  if (any(Verdict::broken)) return 2;
  if (any(Verdict::passed, Verdict::known)) return 0;
  return any(Verdict::skipped) ? skip_code.value_or(2) : 2;
}

} // namespace cacheproof::engine
