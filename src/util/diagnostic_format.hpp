#pragma once

#include "util/diagnostic.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::util {

/// Keeps `line` for the caret; of a long one the part around the spot's column, between `…`, so that a thousand
/// diagnostics of one line of a megabyte stay small.
void show_line(Diagnostic& diagnostic, std::string_view line);

/// Moves the caret under `fragment`, where the line has it at or behind the spot's column.
void point_at(Diagnostic& diagnostic, std::string_view line, std::string_view fragment);

/// All of them for people: errors before warnings, and how many of each at the end. Empty for none.
std::string to_text(const std::vector<Diagnostic>& diagnostics);

/// One JSON document (UTF-8) with every field: `{"errors": […], "warnings": […]}`.
std::string to_json(const std::vector<Diagnostic>& diagnostics);

/// Workflow commands of GitHub Actions, a line each, which annotate the lines of a pull request: `::error file=…`.
std::string to_github(const std::vector<Diagnostic>& diagnostics);

} // namespace cacheproof::util
