#pragma once

#include "util/diagnostic.hpp"

#include <string>
#include <vector>

namespace cacheproof::util {

/// All of them for people: errors before warnings, and how many of each at the end. Empty for none.
std::string to_text(const std::vector<Diagnostic>& diagnostics);

/// One JSON document (UTF-8) with every field: `{"errors": […], "warnings": […]}`.
std::string to_json(const std::vector<Diagnostic>& diagnostics);

/// Workflow commands of GitHub Actions, a line each, which annotate the lines of a pull request: `::error file=…`.
std::string to_github(const std::vector<Diagnostic>& diagnostics);

} // namespace cacheproof::util
