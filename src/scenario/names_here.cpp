#include "scenario/names_here.hpp"

#include "util/csv.hpp"
#include "util/text.hpp"

#include <filesystem>
#include <string_view>

namespace cacheproof::scenario {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

std::string type_of(const Names& fields) {
  std::string type;
  for (const auto& field : fields)
    if (field.starts_with("type=")) type = field.substr(5);
  return type;
}

/// The client's short form, `app:cache` or `out`.
bool is_one_word(const Names& fields) {
  return fields.size() == 1 && fields[0].find('=') == std::string::npos;
}

} // namespace

std::string NamesHere::image(const std::string& name) {
  if (name.empty() || name.starts_with("${")) return name;
  const auto slash = name.find('/');
  const auto first = name.substr(0, slash);
  const bool host =
      slash != std::string::npos && (first.find_first_of(".:") != std::string::npos || first == "localhost");
  const auto from = host ? first : std::string("docker.io");
  if (hosts_.insert(from).second) replaced_.emplace_back(from, "${registry}");
  return "${registry}/" + (host ? name.substr(slash + 1) : name);
}

std::string NamesHere::cache(const std::string& entry) {
  auto fields = util::csv_fields(entry);
  if (!fields) return entry; // who reads it says so
  if (is_one_word(*fields)) return image(entry);
  const auto type = type_of(*fields);
  for (auto& field : *fields) {
    if (type == "registry" && field.starts_with("ref=")) field = "ref=" + image(field.substr(4));
    if (type == "local" && (field.starts_with("src=") || field.starts_with("dest="))) {
      const auto equals = field.find('=');
      const auto path = field.substr(equals + 1);
      if (path.starts_with("${")) continue;
      field = field.substr(0, equals + 1) + "${local}/" + fs::path(path).lexically_normal().relative_path().string();
    }
  }
  return util::csv_line(*fields);
}

std::string NamesHere::output(const std::string& entry) {
  auto fields = util::csv_fields(entry);
  if (!fields || is_one_word(*fields)) return entry;
  const auto type = type_of(*fields);
  for (auto& field : *fields) {
    if (type == "registry" && field.starts_with("ref=")) field = "ref=" + image(field.substr(4));
    if (type == "local" || !field.starts_with("name=")) continue;
    auto names = util::split(std::string_view(field).substr(5), ',');
    for (auto& name : names) name = image(name);
    field = "name=" + util::join(names, ",");
  }
  return util::csv_line(*fields);
}

} // namespace cacheproof::scenario
