#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace cacheproof::scenario {

/// Table of the language and key in it: `{"exported", "layers"}`.
using UsedKey = std::pair<std::string, std::string>;

/// The keys of the language that a scenario's text uses. Of text that is no YAML it is empty.
std::set<UsedKey> used_keys(std::string_view yaml);

/// `text` with what stands between `<!-- usage -->` and `<!-- end -->` made anew: for every key of the language the
/// scenarios that use it, three at most. `scenarios` are texts by id.
std::string with_usage(std::string_view text, const std::map<std::string, std::string>& scenarios);

} // namespace cacheproof::scenario
