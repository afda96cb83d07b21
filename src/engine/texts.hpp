#pragma once

#include "builder/request.hpp"
#include "scenario/scenario.hpp"
#include "util/result.hpp"
#include "workspace/original.hpp"

#include <functional>
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

/// What each build of a scenario asks for in that cell, with the text of its Dockerfile, if it can be told, as the
/// edits up to there leave it.
using VisitBuild = std::function<void(
    const scenario::Round& build, const builder::BuildRequest& request, const std::optional<std::string>& dockerfile)>;
void for_each_build(const scenario::Scenario& scenario, const scenario::Cell& cell, const VisitBuild& visit);

} // namespace cacheproof::engine
