#include "util/csv.hpp"

#include "util/text.hpp"

namespace cacheproof::util {

std::optional<std::vector<std::string>> csv_fields(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back() += line[++i];
    } else if (c == '"' && (quoted || fields.back().empty())) {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  if (quoted) return {};
  return fields;
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::vector<std::string> written;
  for (const auto& field : fields) {
    if (field.find_first_of(",\"\r\n") == std::string::npos) {
      written.push_back(field);
      continue;
    }
    auto& quoted = written.emplace_back("\"");
    for (const char c : field) quoted += c == '"' ? "\"\"" : std::string(1, c);
    quoted += '"';
  }
  return join(written, ",");
}

} // namespace cacheproof::util
