#pragma once

#include <string>
#include <vector>

namespace cacheproof::util {

/// A place in a text file. Lines and columns (in bytes) count from 1; 0 means unknown.
struct SourceSpot {
  std::string file;
  int line = 0;
  int column = 0;
  bool operator==(const SourceSpot&) const = default;
};

enum class Severity { error, warning };

/// One thing that is wrong with a user's file, placed and worded. Collected, sorted by place and printed all at once.
struct Diagnostic {
  Severity severity = Severity::error;
  std::string code; ///< stable, e.g. "CP0102"
  std::string name; ///< stable, e.g. "unknown_cache_attribute"; `allow` takes either
  SourceSpot spot;
  std::string source_line; ///< the line itself, for the caret; may be empty
  int width = 1;           ///< how many bytes the caret underlines
  std::string message;     ///< e.g. "unknown key 'rebuild'"
  std::string hint;        ///< e.g. "did you mean 'rebuilt'?"; may be empty
  bool operator==(const Diagnostic&) const = default;
};

/// The line of that number (from 1) of a file's lines; empty where it has none.
std::string line_at(const std::vector<std::string>& source, int line);

/// `file:line:column: error[CP0003]: message: hint`, the source line and a caret under the place.
std::string to_text(const Diagnostic& diagnostic);

bool any_error(const std::vector<Diagnostic>& diagnostics);

/// By file, line and column; equal places keep their order.
void sort_by_place(std::vector<Diagnostic>& diagnostics);

} // namespace cacheproof::util
