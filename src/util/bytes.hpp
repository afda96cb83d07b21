#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cacheproof::util {

/// `512M`, `5G`, `1.5GB`, `4096`: a number of bytes with a decimal unit (K, M, G, T, an optional B after it), in any
/// case. Nothing for other text.
std::optional<std::uintmax_t> parse_bytes(std::string_view text);

/// `80 MB`, `1.5 GB`: for people.
std::string bytes_text(std::uintmax_t bytes);

} // namespace cacheproof::util
