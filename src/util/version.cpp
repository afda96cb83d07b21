#include "util/version.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cacheproof::util {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_identifier(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

/// Semantic Versioning 11.4: numbers below words, numbers by value, words by bytes.
std::strong_ordering compare_identifiers(const std::string& left, const std::string& right) {
  const bool left_number = is_number(left);
  const bool right_number = is_number(right);
  if (left_number != right_number) return left_number ? std::strong_ordering::less : std::strong_ordering::greater;
  if (left_number && left.size() != right.size()) return left.size() <=> right.size(); // no leading zeros
  return left <=> right;
}

} // namespace

std::optional<Version> Version::parse(std::string_view text) {
  if (!text.empty() && (text.front() == 'v' || text.front() == 'V')) text.remove_prefix(1);
  Version version;
  if (const size_t plus = text.find('+'); plus != std::string_view::npos) text = text.substr(0, plus);
  if (const size_t dash = text.find('-'); dash != std::string_view::npos) {
    version.prerelease = split(text.substr(dash + 1), '.');
    if (!std::all_of(version.prerelease.begin(), version.prerelease.end(), is_identifier)) return {};
    text = text.substr(0, dash);
  }
  const auto parts = split(text, '.');
  if (parts.size() > 3) return {};
  int* const numbers[] = {&version.major, &version.minor, &version.patch};
  for (size_t i = 0; i < parts.size(); ++i) {
    const auto number = is_number(parts[i]) ? parse_number<int>(parts[i]) : std::nullopt;
    if (!number) return {};
    *numbers[i] = *number;
  }
  return version;
}

std::string Version::to_text() const {
  std::string text = fmt::format("v{}.{}.{}", major, minor, patch);
  if (!prerelease.empty()) text += "-" + join(prerelease, ".");
  return text;
}

std::strong_ordering Version::operator<=>(const Version& other) const {
  if (const auto order = major <=> other.major; std::is_neq(order)) return order;
  if (const auto order = minor <=> other.minor; std::is_neq(order)) return order;
  if (const auto order = patch <=> other.patch; std::is_neq(order)) return order;
  // A pre-release comes before its release (11.3).
  if (prerelease.empty() != other.prerelease.empty())
    return prerelease.empty() ? std::strong_ordering::greater : std::strong_ordering::less;
  return std::lexicographical_compare_three_way(
      prerelease.begin(), prerelease.end(), other.prerelease.begin(), other.prerelease.end(), compare_identifiers);
}

} // namespace cacheproof::util
