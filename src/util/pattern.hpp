#pragma once

#include "util/result.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace cacheproof::util {

/// A regular expression in RE2's syntax: time and memory are linear in what it is given, so that neither a pattern nor
/// a line of the world can hang or overflow the program (std::regex does both). The price: no lookaround, no
/// backreferences.
class Pattern {
public:
  /// The error is RE2's own sentence.
  static tl::expected<Pattern, std::string> compile(std::string_view pattern);

  /// Whether a line of the text has a match.
  bool found(std::string_view text) const;

private:
  explicit Pattern(std::shared_ptr<const re2::RE2> compiled);
  std::shared_ptr<const re2::RE2> compiled_;
};

} // namespace cacheproof::util
