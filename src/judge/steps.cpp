#include "judge/steps.hpp"

#include <algorithm>

namespace cacheproof::judge {

std::vector<const evidence::Step*> named_by(const scenario::StepReference& reference,
                                            const evidence::BuildRecord& record) {
  std::vector<const evidence::Step*> named;
  for (const auto& step : record.steps) {
    if (step.kind != evidence::StepKind::step) continue;
    if (std::any_of(step.places.begin(), step.places.end(), [&](const auto& place) {
          return reference.matches(place.stage, place.number, place.instruction);
        }))
      named.push_back(&step);
  }
  return named;
}

bool executed(const evidence::Step& step) {
  return step.outcome == evidence::Outcome::rebuilt || step.outcome == evidence::Outcome::failed;
}

} // namespace cacheproof::judge
