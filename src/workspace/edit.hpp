#pragma once

#include "scenario/scenario.hpp"
#include "util/result.hpp"

#include <optional>
#include <string>

namespace cacheproof::workspace {

/// What a content edit (write, append, replace) makes of a file; `old` is nothing for a file that is not there. An edit
/// that changes nothing or does not fit is an error of the input that names its place in the scenario. Pure.
util::Result<std::string> edited(const scenario::Edit& edit, const std::optional<std::string>& old);

/// An error of the input at an edit's place in the scenario.
tl::unexpected<util::Error> refuse(const scenario::Edit& edit, const std::string& why);

} // namespace cacheproof::workspace
