#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::util {

/// A release number as Semantic Versioning 2.0.0 orders it (section 11); the `v` is optional, missing parts are 0.
struct Version {
  int major = 0;
  int minor = 0;
  int patch = 0;
  std::vector<std::string> prerelease; ///< `rc1`, or `rc` `1` for `rc.1`

  /// Nothing for text that is no version.
  static std::optional<Version> parse(std::string_view text);
  /// `v0.34.2`, `v27.0.0-rc.1`
  std::string to_text() const;
  std::strong_ordering operator<=>(const Version& other) const;
  bool operator==(const Version& other) const { return std::is_eq(*this <=> other); }
};

} // namespace cacheproof::util
