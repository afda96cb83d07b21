#include "judge/steps.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cacheproof::judge {
namespace {

bool is_of_build(const evidence::Step& step, const scenario::StepReference& reference) {
  return reference.build.empty() || reference.build == step.build;
}

/// Of any kind: a range may begin at the FROM line.
bool has_number(const scenario::StepReference& reference, const evidence::BuildRecord& record, int number) {
  return std::any_of(record.steps.begin(), record.steps.end(), [&](const auto& step) {
    return is_of_build(step, reference) && std::any_of(step.places.begin(), step.places.end(), [&](const auto& place) {
             return place.number == number && util::lower(place.stage) == util::lower(reference.stage)
                    && reference.of_platform(place.platform);
           });
  });
}

} // namespace

std::vector<const evidence::Step*> named_by(const scenario::StepReference& reference,
                                            const evidence::BuildRecord& record) {
  std::vector<const evidence::Step*> named;
  for (const auto& step : record.steps) {
    if (step.kind != evidence::StepKind::step || !is_of_build(step, reference)) continue;
    if (std::any_of(step.places.begin(), step.places.end(), [&](const auto& place) {
          return reference.of_platform(place.platform)
                 && reference.matches(place.stage, place.number, place.instruction);
        }))
      named.push_back(&step);
  }
  return named;
}

std::vector<std::string> unmatched(const scenario::StepReference& reference, const evidence::BuildRecord& record) {
  if (named_by(reference, record).empty()) return {reference.text};
  std::vector<std::string> runs;
  if (reference.first == 0) return runs; // no numbers were written
  for (int first = reference.first; first <= reference.last; ++first) {
    if (has_number(reference, record, first)) continue;
    int last = first;
    while (last < reference.last && !has_number(reference, record, last + 1)) ++last;
    const auto stage = (reference.build.empty() ? "" : reference.build + ":")
                       + (reference.platform.empty() ? "" : reference.platform + " ") + reference.stage;
    runs.push_back(first == last ? fmt::format("{} {}", stage, first) : fmt::format("{} {}-{}", stage, first, last));
    first = last;
  }
  return runs;
}

bool executed(const evidence::Step& step) {
  return step.outcome == evidence::Outcome::rebuilt || step.outcome == evidence::Outcome::failed;
}

bool executed_together(const evidence::Step& one, const evidence::Step& other) {
  if (!executed(one) || !executed(other) || one.intervals.empty() || other.intervals.empty()) return false;
  return one.vertices == other.vertices && one.intervals.front().started == other.intervals.front().started;
}

} // namespace cacheproof::judge
