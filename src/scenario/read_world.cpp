#include "scenario/reader.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

// What a scenario stands on: its context and its matrix.
namespace cacheproof::scenario {
namespace {

namespace fs = std::filesystem;

/// The nearest folder at or above `folder` with a `.git` in it; `folder` itself without one.
fs::path enclosing_repository(const fs::path& folder) {
  std::error_code ignored;
  for (fs::path at = folder;; at = at.parent_path()) {
    if (fs::exists(at / ".git", ignored)) return at;
    if (at == at.parent_path()) return folder;
  }
}

bool lies_at_or_below(const fs::path& path, const fs::path& folder) {
  const auto relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

bool is_identifier(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && letter(text.front())
         && std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

/// Names that variables and `when` have for themselves.
bool is_reserved(const std::string& name) {
  static const std::set<std::string> reserved{
      "local", "http", "context", "buildkit", "buildx", "docker", "driver", "backend"};
  return reserved.contains(name) || name.starts_with("registry");
}

constexpr std::size_t k_cells = 1000;

} // namespace

void read_context(Reader& reader, const Node& at, Scenario& scenario) {
  const auto written = reader.word(at, "a folder");
  if (!written) return;
  if (written->empty() || fs::path(*written).is_absolute())
    return reader.report(codes::k_bad_path, at, "a context is a path relative to the scenario's folder");
  std::error_code error;
  const auto home = fs::weakly_canonical(fs::absolute(reader.file()).parent_path(), error);
  const auto folder = fs::canonical(home / *written, error);
  const auto root = enclosing_repository(home);
  // Checked on the lexical path too, so that nothing outside is even asked for its existence in words.
  if (!lies_at_or_below((home / *written).lexically_normal(), root) || (!error && !lies_at_or_below(folder, root)))
    return reader.report(
        codes::k_bad_path,
        at,
        fmt::format("the context '{}' leads out of {}", *written, root.string()),
        root == home ? "without an enclosing git repository a context lies at or below the scenario's folder" : "");
  if (error || !fs::is_directory(folder, error))
    return reader.report(codes::k_bad_path, at, fmt::format("there is no folder '{}'", *written));
  scenario.context = folder;
}

Shape files_shape() {
  return shape::filled(shape::names(shape::one_of({shape::text(), shape::names(shape::later())})));
}

void read_files(Reader& reader, const Node& at, Scenario& scenario) {
  if (!at.is_map() || at.entries() == 0) return reader.wrong_type(at, "a mapping from paths to texts");
  check_duplicates(reader, at);
  std::vector<InlineFile> files;
  for (std::size_t i = 0; i < at.entries(); ++i) {
    const auto& value = at.value(i);
    auto path = reader.inner_path(at.key(i));
    if (value.is_map()) {
      reader.report(codes::k_not_played_yet, value, "a mapping for a file is part of the language but not played yet");
      continue;
    }
    auto text = reader.literal(value);
    if (!path || !text) continue;
    for (const auto& other : files) {
      const bool clash = other.path.starts_with(*path + "/") || path->starts_with(other.path + "/");
      if (clash || (other.path == *path && at.find(at.key(i).text) == &value))
        reader.report(
            codes::k_exclusive_keys, at.key(i), fmt::format("'{}' and '{}' cannot both be files", other.path, *path));
    }
    files.push_back({std::move(*path), std::move(*text), reader.spot(at.key(i))});
  }
  scenario.context = std::move(files);
}

Shape matrix_shape() {
  return shape::names(shape::filled(shape::list(shape::text())), "^[A-Za-z_][A-Za-z0-9_]*$");
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
    auto values = reader.words(at.value(i), "a list of values");
    if (!values) continue;
    if (values->empty()) reader.wrong_type(at.value(i), "at least one value");
    if (std::set<std::string>(values->begin(), values->end()).size() < values->size())
      reader.report(codes::k_bad_dimension, at.value(i), "a value stands here twice");
    cells *= std::max<std::size_t>(1, values->size());
    if (cells > k_cells) {
      reader.report(codes::k_too_large, name, fmt::format("the matrix has more than {} cells", k_cells));
      cells = 1;
    }
    reader.matrix.emplace_back(name.text, std::move(*values));
  }
  reader.matrix_is_sound = reader.diagnostics().size() == before;
}

} // namespace cacheproof::scenario
