#include "scenario/reader.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

// The matrix.
namespace cacheproof::scenario {
namespace {

bool is_identifier(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && letter(text.front())
         && std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

/// Names that variables and `when` have for themselves.
bool is_reserved(const std::string& name) {
  static const std::set<std::string> variables{"local", "http", "context"};
  return is_fact(name) || variables.contains(name) || name.starts_with("registry");
}

/// In place of values: every version that is played.
constexpr std::string_view k_versions = "buildkit";
constexpr std::size_t k_cells = 1000;
constexpr std::size_t k_dimensions = 100;

} // namespace

Shape matrix_shape() {
  return shape::names(shape::one_of({shape::choice({k_versions}), shape::filled(shape::list(shape::text()))}),
                      "^[A-Za-z_][A-Za-z0-9_]*$");
}

void read_matrix(Reader& reader, const Node& at) {
  const auto before = reader.diagnostics().size();
  std::size_t cells = 1;
  if (!at.is_map())
    reader.wrong_type(at, "a mapping from dimensions to lists of values");
  else
    check_duplicates(reader, at);
  for (std::size_t i = 0; i < at.entries() && at.is_map(); ++i) {
    const auto& name = at.key(i);
    if (!name.is_scalar()) continue;
    if (!is_identifier(name.text))
      reader.report(codes::k_bad_dimension, name, "a dimension is a word of letters, digits and '_'");
    if (is_reserved(name.text))
      reader.report(codes::k_bad_dimension, name, fmt::format("'{}' is a name of the language's own", name.text));
    const bool versions = at.value(i).is_scalar() && at.value(i).text == k_versions;
    auto values = versions ? std::vector<std::string>() : reader.words(at.value(i), "a list of values");
    if (!values) continue;
    if (values->empty() && !versions) reader.wrong_type(at.value(i), "at least one value");
    if (std::set<std::string>(values->begin(), values->end()).size() < values->size())
      reader.report(codes::k_bad_dimension, at.value(i), "a value stands here twice");
    cells *= std::max<std::size_t>(1, values->size());
    if (cells > k_cells) {
      reader.report(codes::k_too_large, name, fmt::format("the matrix has more than {} cells", k_cells));
      cells = 1;
    }
    if (reader.matrix.size() == k_dimensions) {
      reader.report(codes::k_too_large, name, fmt::format("the matrix has more than {} dimensions", k_dimensions));
      break;
    }
    reader.matrix.emplace_back(name.text, std::move(*values));
  }
  reader.matrix_is_sound = reader.diagnostics().size() == before;
}

} // namespace cacheproof::scenario
