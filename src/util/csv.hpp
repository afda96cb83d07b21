#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::util {

/// The fields of one line of CSV, as Go's encoding/csv reads them; nothing for unbalanced quotes.
std::optional<std::vector<std::string>> csv_fields(std::string_view line);

/// One line of CSV with these fields, quoted where they need it.
std::string csv_line(const std::vector<std::string>& fields);

} // namespace cacheproof::util
