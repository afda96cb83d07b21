#pragma once

#include "util/result.hpp"
#include "util/version.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::util {

/// A set of versions: comparisons (`>=`, `>`, `<=`, `<`, `=`) that must all hold, with blanks between them, as in
/// `>=0.28 <0.35`. A pre-release is in it only where a comparison names one of the same release, as npm's ranges have
/// it: `<0.35` has no v0.35.0-rc1, `>=0.35.0-rc1` has.
class VersionRange {
public:
  /// Whether the text is meant as a range: it begins with an operator.
  static bool looks_like(std::string_view text);
  /// Text that is no range is an error of usage that says which part.
  static Result<VersionRange> parse(std::string_view text);
  bool contains(const Version& version) const;

private:
  struct Comparison {
    std::string sign;
    Version version;
  };
  std::vector<Comparison> comparisons_;
};

} // namespace cacheproof::util
