#pragma once

#include "util/result.hpp"

#include <string>
#include <string_view>

namespace cacheproof::workspace {

/// What makes `after` of `before`, as a unified difference with three lines around each change and these names on top;
/// empty where they are the same.
util::Result<std::string> unified_difference(std::string_view before,
                                             std::string_view after,
                                             const std::string& name_before,
                                             const std::string& name_after);

} // namespace cacheproof::workspace
