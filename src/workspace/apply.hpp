#pragma once

#include "scenario/scenario.hpp"
#include "util/files.hpp"
#include "util/result.hpp"

#include <string>

namespace cacheproof::workspace {

/// Does one edit in the tree beneath `root` and returns it in words. An edit that does not fit, changes nothing or
/// would be led out by a link is an error of the input with its place in the scenario.
util::Result<std::string> apply(const util::Fd& root, const scenario::Edit& edit);

} // namespace cacheproof::workspace
