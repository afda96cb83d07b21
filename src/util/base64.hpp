#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cacheproof::util {

/// RFC 4648 section 4, with padding and without line ends.
std::string base64(std::string_view bytes);
/// Nothing for text that is no such encoding.
std::optional<std::string> from_base64(std::string_view text);

} // namespace cacheproof::util
