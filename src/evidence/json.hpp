#pragma once

// How the nouns of this room become JSON, for its .cpp files only. Texts of the world (labels, errors) need not be
// UTF-8, JSON must: they go through `text`.

#include "evidence/verdict.hpp"
#include "util/diagnostic.hpp"
#include "util/result.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace cacheproof::evidence {

inline std::string text(std::string_view bytes) {
  return util::to_utf8(bytes);
}

inline nlohmann::json texts(const std::vector<std::string>& all) {
  auto array = nlohmann::json::array();
  for (const auto& each : all) array.push_back(text(each));
  return array;
}

inline std::string_view to_text(util::Blame blame) {
  switch (blame) {
  case util::Blame::rig:
    return "rig";
  case util::Blame::input:
    return "input";
  case util::Blame::usage:
    return "usage";
  case util::Blame::interrupted:
    return "interrupted";
  case util::Blame::unable:
    return "unable";
  }
  return "?";
}

/// The enumerator whose `to_text` is `name`, among `all`; anything else is a wrong type at that place.
template <class Enum, std::size_t count> Enum enum_of(const nlohmann::json& json, const Enum (&all)[count]) {
  const auto name = json.get<std::string>();
  for (const Enum each : all)
    if (to_text(each) == name) return each;
  throw nlohmann::json::other_error::create(501, "unknown value '" + name + "'", &json);
}

/// A mapping from paths as JSON text, a line for each, with no tree of JSON values on the way.
template <class Value, class ToJson>
void append_lines(std::string& to, const std::map<std::string, Value>& all, ToJson to_json) {
  to += '{';
  std::string_view before = "\n    ";
  for (const auto& [path, value] : all) {
    to += before;
    to += nlohmann::json(text(path)).dump() + ": " + to_json(value).dump();
    before = ",\n    ";
  }
  to += all.empty() ? "}" : "\n  }";
}

inline nlohmann::json to_json_value(const util::SourceSpot& spot) {
  return {{"file", text(spot.file)}, {"line", spot.line}, {"column", spot.column}};
}
inline util::SourceSpot spot_of(const nlohmann::json& json) {
  return {json.at("file").get<std::string>(), json.at("line").get<int>(), json.at("column").get<int>()};
}

inline Verdict verdict_of(const nlohmann::json& json) {
  constexpr Verdict k_all[] = {
      Verdict::passed, Verdict::failed, Verdict::known, Verdict::stale, Verdict::skipped, Verdict::broken};
  return enum_of(json, k_all);
}

inline nlohmann::json to_json_value(const std::optional<util::Error>& error) {
  if (!error) return nullptr;
  return {{"blame", to_text(error->blame)},
          {"what", text(error->what)},
          {"tried", text(error->tried)},
          {"remedy", text(error->remedy)}};
}
inline std::optional<util::Error> error_of(const nlohmann::json& json) {
  constexpr util::Blame k_all[] = {
      util::Blame::rig, util::Blame::input, util::Blame::usage, util::Blame::interrupted, util::Blame::unable};
  if (json.is_null()) return {};
  return util::Error{enum_of(json.at("blame"), k_all),
                     json.at("what").get<std::string>(),
                     json.at("tried").get<std::string>(),
                     json.at("remedy").get<std::string>()};
}

/// Another version of a document is refused by an exception, as a wrong type is.
inline void check_schema(const nlohmann::json& json, std::string_view schema) {
  const auto found = json.at("schema").get<std::string>();
  if (found != schema)
    throw nlohmann::json::other_error::create(
        501, fmt::format("it is '{}', and this program reads '{}'", found, schema), &json);
}

} // namespace cacheproof::evidence
