#pragma once

#include "engine/plan.hpp"

#include <optional>
#include <string>

namespace cacheproof::engine {

/// Why a case that builds on a Docker engine, or in a container of one, is skipped: something in its scenario that is
/// not there, in words. Nothing for one that builds on none. Pure.
std::optional<std::string> unmet_by_engine(const Case& planned);

} // namespace cacheproof::engine
