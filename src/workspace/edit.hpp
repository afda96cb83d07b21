#pragma once

#include "scenario/scenario.hpp"
#include "util/result.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>

namespace cacheproof::workspace {

/// What a content edit (write, append, replace) makes of a file; `old` is nothing for a file that is not there. An edit
/// that changes nothing or does not fit is an error of the input that names its place in the scenario. Pure.
util::Result<std::string> edited(const scenario::Edit& edit, const std::optional<std::string>& old);

/// What the edits make of the file `path` in turn: nothing when it is not there in the end. `original` gives the texts
/// of the context before them. Pure; for checking before anything runs. Hard links made by an edit are followed as
/// copies.
using Original = std::function<std::optional<std::string>(const std::string& path)>;
util::Result<std::optional<std::string>>
text_after(std::span<const scenario::Edit> edits, const std::string& path, const Original& original);

/// An error of the input at an edit's place in the scenario.
tl::unexpected<util::Error> refuse(const scenario::Edit& edit, const std::string& why);

} // namespace cacheproof::workspace
