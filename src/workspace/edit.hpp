#pragma once

#include "scenario/scenario.hpp"
#include "util/result.hpp"

#include <optional>
#include <string>
#include <vector>

namespace cacheproof::workspace {

/// What a content edit (write, append, replace) makes of a file; `old` is nothing for a file that is not there. An edit
/// that changes nothing or does not fit is an error of the input that names its place in the scenario. Pure.
util::Result<std::string> edited(const scenario::Edit& edit, const std::optional<std::string>& old);

/// What the edits make of one file in turn: nothing when it is not there in the end. Pure; for checking a Dockerfile
/// before anything runs.
util::Result<std::optional<std::string>>
text_after(const std::vector<scenario::Edit>& edits, const std::string& path, std::optional<std::string> text);

/// An error of the input at an edit's place in the scenario.
tl::unexpected<util::Error> refuse(const scenario::Edit& edit, const std::string& why);

} // namespace cacheproof::workspace
