#pragma once

#include "scenario/scenario.hpp"
#include "util/diagnostic.hpp"

#include <vector>

namespace cacheproof::lint {

/// What is odd about the build of one round in one cell, allowed or not: a failed round shows all of it.
std::vector<util::Diagnostic>
for_build(const scenario::Scenario& scenario, const scenario::Round& round, const scenario::Cell& cell);

/// The same for every round in every cell, each once, without what the scenario allows.
std::vector<util::Diagnostic> check(const scenario::Scenario& scenario);

} // namespace cacheproof::lint
