#pragma once

#include <string>
#include <string_view>

namespace cacheproof::scenario {

/// The language as JSON Schema, draft 2020-12, for editors. It refuses what a schema can: unknown, missing and
/// exclusive keys, wrong types and words. What depends on another part of the file or on the world (steps, variables,
/// files) only the reader knows.
std::string json_schema();

/// `text` with every table between `<!-- table: NAME -->` and `<!-- end -->` made anew: the keys of that table of the
/// language. One that the language does not have becomes a line that says so.
std::string with_tables(std::string_view text);

} // namespace cacheproof::scenario
