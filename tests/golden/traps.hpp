#pragma once

#include "golden/world.hpp"

#include <functional>
#include <string>
#include <vector>

namespace cacheproof::golden {

/// What makes a naive decoder lie: builds, one after the other, of which the last is the one recorded.
struct Trap {
  std::string name;
  std::string target;
  std::vector<Build> builds;
  std::function<void(const World&)> before_last; ///< a change of the world; may be empty
};

/// All traps of design.md, each with the builds that set it.
std::vector<Trap> traps();

} // namespace cacheproof::golden
