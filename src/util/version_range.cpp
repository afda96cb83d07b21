#include "util/version_range.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cacheproof::util {
namespace {

constexpr std::string_view k_signs = "<>=";

bool holds(const Version& version, const std::string& sign, const Version& bound) {
  if (sign == ">=") return version >= bound;
  if (sign == ">") return version > bound;
  if (sign == "<=") return version <= bound;
  if (sign == "<") return version < bound;
  return version == bound;
}

bool same_release(const Version& left, const Version& right) {
  return left.major == right.major && left.minor == right.minor && left.patch == right.patch;
}

} // namespace

bool VersionRange::looks_like(std::string_view text) {
  text = trim(text);
  return !text.empty() && k_signs.find(text.front()) != k_signs.npos;
}

Result<VersionRange> VersionRange::parse(std::string_view text) {
  VersionRange range;
  for (const auto& part : split(trim(text), ' ')) {
    if (part.empty()) continue;
    const auto end = std::min(part.find_first_not_of(k_signs), part.size());
    const auto sign = part.substr(0, end);
    const auto version = Version::parse(part.substr(end));
    const bool known = sign == ">=" || sign == ">" || sign == "<=" || sign == "<" || sign == "=";
    if (!known || !version)
      return failure(fmt::format("'{}' is no comparison with a version", part),
                     std::string(text),
                     "a range is made of >=, >, <=, < and = with a version each, e.g. '>=0.28 <0.35'",
                     Blame::usage);
    range.comparisons_.push_back({sign, *version});
  }
  if (range.comparisons_.empty()) return failure("the range is empty", {}, "e.g. '>=0.28 <0.35'", Blame::usage);
  return range;
}

bool VersionRange::contains(const Version& version) const {
  const auto all = std::all_of(comparisons_.begin(), comparisons_.end(), [&](const Comparison& one) {
    return holds(version, one.sign, one.version);
  });
  if (!all || version.prerelease.empty()) return all;
  return std::any_of(comparisons_.begin(), comparisons_.end(), [&](const Comparison& one) {
    return !one.version.prerelease.empty() && same_release(one.version, version);
  });
}

} // namespace cacheproof::util
