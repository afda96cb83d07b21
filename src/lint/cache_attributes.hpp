#pragma once

#include "scenario/scenario.hpp"
#include "util/diagnostic.hpp"
#include "util/result.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cacheproof::lint {

enum class Direction { import_from, export_to };

/// The attributes of an entry of `cache_from` or `cache_to`, read as BuildKit reads them: one line of CSV, names in
/// lower case, a text without `type=` being the ref of a registry. A field without `=` is an error.
util::Result<std::vector<std::pair<std::string, std::string>>> parse_cache_entry(std::string_view entry);

/// The ref of an entry for a registry; empty for every other type, and for what cannot be read.
std::string registry_ref(std::string_view entry);

/// What is odd about one entry. `expanded` is the entry with its variables replaced as far as they are known; the caret
/// stands in the line of `written`. BuildKit ignores what it does not know without a word (measured up to v0.34.2).
std::vector<util::Diagnostic> check_cache_entry(const scenario::Text& written,
                                                const std::string& expanded,
                                                Direction direction,
                                                const std::vector<std::string>& source);

} // namespace cacheproof::lint
