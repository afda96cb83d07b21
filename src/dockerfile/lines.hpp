#pragma once

#include "dockerfile/dockerfile.hpp"
#include "util/diagnostic.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::dockerfile {

/// One instruction's text: comments left out, continuations joined, heredocs skipped over.
struct LogicalLine {
  int first = 0; ///< physical lines, from 1
  int last = 0;  ///< heredocs included
  std::string text;
  std::vector<std::string> heredocs;
};

struct LogicalLines {
  Syntax syntax;
  char escape = '\\';
  std::vector<LogicalLine> lines;
  std::vector<util::Diagnostic> diagnostics;
};

/// Cuts a Dockerfile into instructions as BuildKit's parser does (frontend/dockerfile/parser of v0.34.2).
LogicalLines cut(std::string_view text, const std::string& file);

/// The keyword, upper case, and what follows its blanks.
std::pair<std::string, std::string_view> split_keyword(std::string_view line);

/// The `--name=value` words at the front; `rest` becomes what follows them.
std::vector<std::string> take_flags(std::string_view& rest, char escape);

/// Words as a shell cuts them, quotes and escapes kept. Nothing at all for an open quote.
std::vector<std::string> words(std::string_view text, char escape);

} // namespace cacheproof::dockerfile
