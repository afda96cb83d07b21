#pragma once

#include "util/diagnostic.hpp"

#include <cstddef>
#include <string_view>

namespace cacheproof::util {

/// Keeps `line` for the caret; of a long one the part around the spot's column, between `…`, so that a thousand
/// diagnostics of one line of a megabyte stay small.
void show_line(Diagnostic& diagnostic, std::string_view line);

/// Moves the caret under `fragment`, where the line has it at or behind the spot's column.
void point_at(Diagnostic& diagnostic, std::string_view line, std::string_view fragment);

/// Where in the line that `show_line` kept the spot's column stands, in bytes from 0.
std::size_t shown_column(const Diagnostic& diagnostic);

/// Whether the byte goes on with a sign of UTF-8 that an earlier one began.
bool is_continuation(char c);

} // namespace cacheproof::util
