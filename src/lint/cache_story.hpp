#pragma once

#include "scenario/scenario.hpp"
#include "util/diagnostic.hpp"

#include <vector>

namespace cacheproof::lint {

/// What is odd about the caches of all rounds together, in one cell: an import whose ref no build exports to
/// (moby/buildkit#1515 began with caches that were never hit), and a cache that another target has overwritten before
/// it is imported (moby/buildkit#3925). Caches that something else than `cache_to` may have written are left alone.
std::vector<util::Diagnostic> check_caches(const scenario::Scenario& scenario, const scenario::Cell& cell);

} // namespace cacheproof::lint
