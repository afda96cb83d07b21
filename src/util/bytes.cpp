#include "util/bytes.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace cacheproof::util {

std::optional<std::uintmax_t> parse_bytes(std::string_view text) {
  const auto digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string number(text.substr(0, digits));
  auto unit = lower(trim(text.substr(digits)));
  if (unit.size() > 1 && unit.back() == 'b') unit.pop_back();
  char* end = nullptr;
  double value = std::strtod(number.c_str(), &end);
  if (number.empty() || *end != '\0') return {};
  if (!unit.empty() && unit != "b") {
    const auto power = std::string_view("kmgt").find(unit);
    if (unit.size() != 1 || power == std::string_view::npos) return {};
    for (size_t i = 0; i <= power; ++i) value *= 1000;
  }
  if (value > 1e18) return {};
  return static_cast<std::uintmax_t>(value);
}

std::string bytes_text(std::uintmax_t bytes) {
  if (bytes >= 1'000'000'000) return fmt::format("{:.1f} GB", static_cast<double>(bytes) / 1e9);
  if (bytes >= 1'000'000) return fmt::format("{} MB", bytes / 1'000'000);
  return fmt::format("{} kB", (bytes + 999) / 1000);
}

} // namespace cacheproof::util
