#pragma once

#include <optional>
#include <regex>
#include <string>
#include <string_view>

namespace cacheproof::judge {

/// Nothing for text that is no regular expression (ECMAScript's grammar).
std::optional<std::regex> compile(const std::string& pattern);

/// Whether a line of the text has a match. Lines of any length: a very long one is searched in overlapping pieces, so a
/// match in it is found when it is shorter than half a piece.
bool found(const std::regex& pattern, std::string_view text);

} // namespace cacheproof::judge
