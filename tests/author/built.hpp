#pragma once

#include "evidence/case.hpp"

#include <string>
#include <utility>
#include <vector>

namespace cacheproof::author {

/// A step of one place.
inline evidence::Step step(const std::string& stage, int number, evidence::Outcome outcome) {
  evidence::Step step;
  step.outcome = outcome;
  step.places = {{stage, number, 9, "RUN " + std::to_string(number), number}};
  return step;
}

/// What a round of `app` saw whose steps 2, 3, … had these outcomes.
inline evidence::RoundEvidence built(const std::vector<evidence::Outcome>& outcomes, std::size_t layers = 3) {
  evidence::RoundEvidence seen;
  seen.record.ref = "ref";
  seen.record.succeeded = true;
  int number = 2;
  for (const auto outcome : outcomes) seen.record.steps.push_back(step("app", number++, outcome));
  evidence::CacheContents cache;
  cache.ref = "127.0.0.1:5000/app:cache";
  cache.shape = evidence::CacheShape::index;
  for (std::size_t i = 0; i < layers; ++i) cache.layers.push_back({std::to_string(i), 1});
  seen.caches = {cache};
  return seen;
}

} // namespace cacheproof::author
