#pragma once

#include "engine/case_world.hpp"
#include "scenario/scenario.hpp"
#include "util/result.hpp"

#include <stop_token>
#include <string>
#include <vector>

namespace cacheproof::engine {

/// Does the actions of a round in turn and returns each in words. One that changes nothing is an error of the input
/// that names its place in the scenario.
util::Result<std::vector<std::string>> act(CaseWorld& world, const scenario::Round& round, const std::stop_token& stop);

} // namespace cacheproof::engine
