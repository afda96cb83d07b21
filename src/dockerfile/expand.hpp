#pragma once

#include <tl/expected.hpp>

#include <map>
#include <string>
#include <string_view>

namespace cacheproof::dockerfile {

/// Expands `$X`, `${X}`, `${X:-word}`, `${X-word}`, `${X:+word}`, `${X+word}` and takes quotes and escapes off, as
/// BuildKit does with a FROM. A variable without a value is empty. The error says what cannot be read.
tl::expected<std::string, std::string>
expand(std::string_view text, const std::map<std::string, std::string>& values, char escape);

} // namespace cacheproof::dockerfile
