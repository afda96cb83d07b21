#pragma once

#include "scenario/scenario.hpp"
#include "util/result.hpp"

#include <optional>
#include <span>
#include <string>

namespace cacheproof::engine {

/// What edits make of a file of a scenario's context, without playing them; nothing when it is not there in the end.
/// An edit of it that does not fit is the error.
util::Result<std::optional<std::string>>
text_after(const scenario::Scenario& scenario, std::span<const scenario::Edit> edits, const std::string& path);

} // namespace cacheproof::engine
