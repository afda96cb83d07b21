#pragma once

#include "scenario/scenario.hpp"
#include "util/result.hpp"
#include "workspace/original.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>

namespace cacheproof::engine {

/// The context of a scenario before its first round, for telling its edits without playing them; empty for a repository
/// behind a URL that is not cloned yet.
util::Result<std::shared_ptr<const workspace::Original>> original_of(const scenario::Scenario& scenario);

/// What edits make of a file of a scenario's context, without playing them; nothing when it is not there in the end.
/// An edit of content that does not fit is the error.
util::Result<std::optional<std::string>>
text_after(const scenario::Scenario& scenario, std::span<const scenario::Edit> edits, const std::string& path);

} // namespace cacheproof::engine
