#include "engine/exit_code.hpp"

#include <algorithm>

namespace cacheproof::engine {

int exit_code(const std::vector<evidence::Verdict>& verdicts, std::optional<int> skip_code) {
  using evidence::Verdict;
  const auto any = [&](auto... wanted) {
    return std::any_of(verdicts.begin(), verdicts.end(), [&](Verdict each) { return ((each == wanted) || ...); });
  };
  if (any(Verdict::failed, Verdict::stale)) return 1;
  if (any(Verdict::broken)) return 2;
  if (any(Verdict::passed, Verdict::known)) return 0;
  return any(Verdict::skipped) ? skip_code.value_or(2) : 2;
}

int exit_code(const std::vector<evidence::CaseEvidence>& played, std::optional<int> skip_code) {
  std::vector<evidence::Verdict> verdicts;
  for (const auto& each : played) verdicts.push_back(each.verdict);
  return exit_code(verdicts, skip_code);
}

} // namespace cacheproof::engine
