#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cacheproof::cli {

/// A text that an example has once, and what stands there instead.
using Change = std::pair<std::string_view, std::string_view>;

/// The scenario from which examples are made: one file is edited, and two steps are built again.
std::string story(const std::vector<Change>& changes = {});
/// The same with those lines behind its title.
std::string story_with(std::string_view lines);
/// A scenario of one build of a Dockerfile, with those lines behind its title.
std::string first_build(std::string_view dockerfile, std::string_view lines = {});

} // namespace cacheproof::cli
