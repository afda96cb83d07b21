#include "scenario/schema.hpp"

#include "scenario/shape.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace cacheproof::scenario {
namespace {

using Json = nlohmann::ordered_json; // in the order of the declarations
using Kind = Shape::Kind;

/// What a word may look like in YAML: unquoted, some are numbers or switches to it.
const Json k_scalar{"string", "number", "boolean"};

constexpr std::string_view k_path = R"(^(?!/)(?!(.*/)?\.\.(/|$))(?!(\.?/+)*\.?$))";
constexpr std::string_view k_comparison = R"(^\s*(?!(<|>=)\s*0+\s*$)(<=|>=|<|>)?\s*0*(\d{1,19}|1\d{19})\s*$)";
constexpr std::string_view k_duration = R"(^\s*0*[1-9]\d*\s*(s|m|min|h)?\s*$)";
constexpr std::string_view k_time =
    R"(^(\d+(\.\d{1,9})?|\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d))$)";
constexpr std::string_view k_mode = "^(0o)?0*[0-7]{1,4}$";
constexpr std::string_view k_step =
    R"(^\s*(\S+/\S+\s+)?([^\s:]+:)?[^\s/:*?]+(\s+([^\s\d][\s\S]*|0*[1-9]\d{0,3}(-0*[1-9]\d{0,3})?))?\s*$)";
constexpr std::string_view k_version =
    R"(^\s*([vV]?\d+(\.\d+){0,2}(-[0-9A-Za-z.-]+)?(\+.*)?|((>=|<=|>|<|=)[vV]?\d+(\.\d+){0,2}(-[0-9A-Za-z.-]+)?(\+\S*)?\s*)+)$)";

Json any_of(std::vector<Json> choices) {
  return choices.size() == 1 ? std::move(choices.front()) : Json{{"anyOf", std::move(choices)}};
}

Json word(std::string_view pattern) {
  Json json{{"type", k_scalar}};
  if (!pattern.empty()) json["pattern"] = pattern;
  return json;
}

/// A number, or text of that form.
Json number_or(std::string_view type, std::uint64_t least, std::uint64_t most, std::string_view pattern) {
  Json number{{"type", type}, {"minimum", least}};
  if (most < std::numeric_limits<std::uint64_t>::max()) number["maximum"] = most;
  return any_of({std::move(number), {{"type", "string"}, {"pattern", pattern}}});
}

/// Words as an editor may read them: `true` and `1` are none to it.
Json words(const std::vector<std::string_view>& all) {
  Json values = Json::array();
  for (const auto& each : all) {
    values.push_back(each);
    if (each == "true" || each == "false") values.push_back(each == "true");
  }
  return {{"enum", std::move(values)}};
}

/// The document is made from the root on; a table is written once, under `$defs`.
class Schema {
public:
  Json whole(const Shape& root) {
    Json json{
        {"$schema", "https://json-schema.org/draft/2020-12/schema"},
        {"title", "A scenario of cacheproof"},
        {"description", "One claim about a build cache: build this, edit, build again, these steps are rebuilt."}};
    json.update(describe(root));
    json["$defs"] = std::move(definitions_);
    return json;
  }

private:
  Json describe(const Shape& shape) {
    switch (shape.kind) {
    case Kind::none:
    case Kind::later:
      return Json::object();
    case Kind::text:
      return word(shape.pattern);
    case Kind::boolean:
      return {{"type", "boolean"}};
    case Kind::number:
      return number_or("integer", shape.least, shape.most, R"(^\d+$)");
    case Kind::path:
      return named("path", "a path inside the context", word(k_path));
    case Kind::comparison:
      return named(
          "comparison", "a number or a comparison like \"<= 3\"", number_or("integer", 0, shape.most, k_comparison));
    case Kind::duration:
      return named("duration", "like 90 s, 2m or a number of seconds", number_or("integer", 1, 86400, k_duration));
    case Kind::time:
      return named("time",
                   "RFC 3339 to the nanosecond or a number of seconds since 1970",
                   number_or("number", 0, 9'223'372'035, k_time));
    case Kind::mode:
      return named("mode", "permissions in octal digits like 0644", number_or("integer", 0, 7777, k_mode));
    case Kind::regex:
      return named("regex", "a regular expression (RE2)", {{"type", k_scalar}, {"maxLength", 1000}});
    case Kind::step:
      return named("step", "a step reference like app 4, app 4-8, app or app RUN npm ci*", word(k_step));
    case Kind::version:
      return named("version", "a version or a range like >=0.13 <0.32", word(k_version));
    case Kind::choice:
      return words(shape.words);
    case Kind::list: {
      Json json{{"type", "array"}, {"items", describe(shape.of[0])}};
      if (shape.filled) json["minItems"] = 1;
      return json;
    }
    case Kind::table: {
      define(shape);
      Json json{{"$ref", fmt::format("#/$defs/{}", shape.name)}};
      if (shape.filled) json["minProperties"] = 1;
      return json;
    }
    case Kind::names: {
      Json json{{"type", "object"}};
      if (!shape.pattern.empty()) json["propertyNames"] = Json{{"pattern", shape.pattern}};
      json["additionalProperties"] = describe(shape.of[0]);
      if (shape.filled) json["minProperties"] = 1;
      return json;
    }
    case Kind::one_of: {
      std::vector<Json> choices;
      for (const auto& each : shape.of) choices.push_back(describe(each));
      return any_of(std::move(choices));
    }
    case Kind::conditions:
      return conditions(shape);
    case Kind::alternatives:
      return alternatives(shape);
    }
    return Json::object();
  }

  /// A form of values under a name of its own.
  Json named(const char* name, const char* description, Json form) {
    form["description"] = description;
    definitions_[name] = std::move(form);
    return {{"$ref", fmt::format("#/$defs/{}", name)}};
  }

  Json property(const KeyFacts& key) {
    auto json = describe(*key.shape);
    std::string text(key.doc);
    if (!key.otherwise.empty()) text += fmt::format(" (default: {})", key.otherwise);
    if (!key.built) text += ". Not played yet.";
    json["description"] = text;
    return json;
  }

  void define(const Shape& table) {
    const std::string name(table.name);
    if (definitions_.contains(name)) return;
    definitions_[name] = Json::object(); // it may stand in itself
    auto json = body(table.keys());
    json["title"] = name;
    definitions_[name] = std::move(json);
  }

  /// A mapping with these keys and no others, `first` among them.
  Json body(const std::vector<KeyFacts>& keys, Json first = Json::object()) {
    Json properties = std::move(first);
    for (const auto& key : keys) properties[std::string(key.name)] = property(key);
    Json json{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
    Json required = Json::array();
    std::map<std::string_view, std::vector<const KeyFacts*>> groups;
    for (const auto& key : keys) {
      if (!key.group.empty())
        groups[key.group].push_back(&key);
      else if (key.required)
        required.push_back(key.name);
    }
    if (!required.empty()) json["required"] = std::move(required);
    Json rules = Json::array();
    for (const auto& [group, members] : groups)
      for (auto& rule : exclusive(members, keys.size())) rules.push_back(std::move(rule));
    if (!rules.empty()) json["allOf"] = std::move(rules);
    return json;
  }

  /// That of these keys one stands there, at most or exactly.
  static std::vector<Json> exclusive(const std::vector<const KeyFacts*>& group, std::size_t all) {
    const bool required = std::any_of(group.begin(), group.end(), [](const auto* key) { return key->required; });
    std::vector<Json> rules;
    if (required) {
      Json one = Json::array();
      for (const auto* key : group) one.push_back({{"required", Json::array({key->name})}});
      rules.push_back({{"oneOf", std::move(one)}});
    } else if (group.size() == all) {
      rules.push_back({{"maxProperties", 1}});
    } else {
      for (auto left = group.begin(); left != group.end(); ++left)
        for (auto right = left + 1; right != group.end(); ++right)
          rules.push_back({{"not", {{"required", {(*left)->name, (*right)->name}}}}});
    }
    return rules;
  }

  /// Beside the facts any name may be a dimension of the matrix.
  Json conditions(const Shape& shape) {
    if (!definitions_.contains("when")) {
      const Json scalar{{"type", k_scalar}};
      auto json = body(shape.of[0].keys());
      json["title"] = "when";
      json["additionalProperties"] = any_of({scalar, {{"type", "array"}, {"items", scalar}, {"minItems", 1}}});
      definitions_["when"] = std::move(json);
    }
    return {{"$ref", "#/$defs/when"}};
  }

  Json alternatives(const Shape& shape) {
    const auto& value = shape.of[0];
    const Json when{{"when", conditions(shape.of[1])}};
    std::vector<Json> forms;
    for (const auto& key : shape.words)
      forms.push_back({{"type", "object"},
                       {"properties", {{"when", when["when"]}, {std::string(key), describe(value)}}},
                       {"required", {"when", key}},
                       {"additionalProperties", false}});
    for (const auto* each : tables_in(value)) {
      auto form = body(each->keys(), when);
      form["required"].push_back("when");
      forms.push_back(std::move(form));
    }
    return any_of({describe(value), {{"type", "array"}, {"minItems", 1}, {"items", any_of(std::move(forms))}}});
  }

  /// The mappings whose keys may stand beside `when`.
  static std::vector<const Shape*> tables_in(const Shape& value) {
    if (value.kind == Kind::table) return {&value};
    std::vector<const Shape*> all;
    if (value.kind == Kind::one_of)
      for (const auto& each : value.of)
        if (each.kind == Kind::table) all.push_back(&each);
    return all;
  }

  Json definitions_ = Json::object();
};

} // namespace

std::string json_schema() {
  return Schema().whole(language()).dump(2) + "\n";
}

} // namespace cacheproof::scenario
