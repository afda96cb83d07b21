#include "report/documents.hpp"
#include "report/text.hpp"
#include "util/text.hpp"

namespace cacheproof::report {

std::vector<util::Diagnostic> to_diagnostics(const Joined& joined) {
  std::vector<util::Diagnostic> all;
  for (const auto& entry : joined.entries) {
    const auto& result = entry.result;
    if (!is_red(result.verdict)) continue;
    const auto weak = doubts(result).empty() ? "" : " (" + util::join(doubts(result), ", ") + ")";
    const auto add = [&](const util::SourceSpot& spot, const std::string& message) {
      all.push_back({.code = harmless(result.id), .spot = spot, .message = harmless(message) + weak});
    };
    const auto before = all.size();
    for (const auto& round : result.rounds)
      for (const auto& finding : round.findings)
        add(finding.spot, round.name + ": " + finding.expectation + ": " + finding.summary);
    if (all.size() > before) continue;
    const bool broken = result.verdict == evidence::Verdict::broken;
    add(spot_of(result), (broken ? "no verdict about the cache: " : "") + headline(result));
  }
  return all;
}

} // namespace cacheproof::report
