#include "evidence/record.hpp"

#include "evidence/json.hpp"

#include <fmt/format.h>

#include <map>

namespace cacheproof::evidence {
namespace {

constexpr Outcome k_outcomes[] = {
    Outcome::rebuilt, Outcome::cached, Outcome::unneeded, Outcome::failed, Outcome::not_reached};
constexpr StepKind k_kinds[] = {
    StepKind::step, StepKind::source, StepKind::internal, StepKind::cache_import, StepKind::cache_export};

nlohmann::json to_json_value(const Place& place) {
  nlohmann::json json{{"stage", text(place.stage)},
                      {"number", place.number},
                      {"total", place.total},
                      {"instruction", text(place.instruction)},
                      {"line", place.line}};
  if (!place.platform.empty()) json["platform"] = text(place.platform);
  return json;
}

Place place_of(const nlohmann::json& json) {
  return {json.at("stage").get<std::string>(),
          json.at("number").get<int>(),
          json.at("total").get<int>(),
          json.at("instruction").get<std::string>(),
          json.at("line").get<int>(),
          json.value("platform", "")};
}

nlohmann::json to_json_value(const Step& step) {
  auto places = nlohmann::json::array();
  for (const auto& place : step.places) places.push_back(to_json_value(place));
  auto intervals = nlohmann::json::array();
  for (const auto& one : step.intervals)
    intervals.push_back({{"started", one.started}, {"completed", one.completed}, {"cached", one.cached}});
  nlohmann::json json{{"kind", to_text(step.kind)},
                      {"outcome", to_text(step.outcome)},
                      {"places", std::move(places)},
                      {"name", text(step.name)},
                      {"vertices", texts(step.vertices)},
                      {"inputs", texts(step.inputs)},
                      {"intervals", std::move(intervals)},
                      {"error", text(step.error)},
                      {"pulled", step.pulled}};
  if (!step.build.empty()) json["build"] = text(step.build);
  return json;
}

Step step_of(const nlohmann::json& json) {
  Step step;
  step.kind = enum_of(json.at("kind"), k_kinds);
  step.outcome = enum_of(json.at("outcome"), k_outcomes);
  step.build = json.value("build", "");
  for (const auto& place : json.at("places")) step.places.push_back(place_of(place));
  json.at("name").get_to(step.name);
  json.at("vertices").get_to(step.vertices);
  json.at("inputs").get_to(step.inputs);
  for (const auto& one : json.at("intervals"))
    step.intervals.push_back(
        {one.at("started").get<Nanoseconds>(), one.at("completed").get<Nanoseconds>(), one.at("cached").get<bool>()});
  json.at("error").get_to(step.error);
  json.at("pulled").get_to(step.pulled);
  return step;
}

} // namespace

std::string_view to_text(Outcome outcome) {
  switch (outcome) {
  case Outcome::rebuilt:
    return "rebuilt";
  case Outcome::cached:
    return "cached";
  case Outcome::unneeded:
    return "unneeded";
  case Outcome::failed:
    return "failed";
  case Outcome::not_reached:
    return "not reached";
  }
  return "?";
}

std::string_view to_text(StepKind kind) {
  switch (kind) {
  case StepKind::step:
    return "step";
  case StepKind::source:
    return "source";
  case StepKind::internal:
    return "internal";
  case StepKind::cache_import:
    return "cache import";
  case StepKind::cache_export:
    return "cache export";
  }
  return "?";
}

std::vector<std::vector<const Step*>> distinct_steps(const BuildRecord& record) {
  std::vector<std::vector<const Step*>> all;
  std::map<std::string, std::size_t> known; // where in `all`
  for (const auto& step : record.steps) {
    if (step.kind != StepKind::step) continue;
    auto at = all.size();
    if (!step.build.empty() && !step.places.empty()) {
      const auto& place = step.places.front();
      at = known.emplace(label(place) + " " + place.instruction, at).first->second;
    }
    if (at == all.size()) all.emplace_back();
    all[at].push_back(&step);
  }
  return all;
}

std::string label(const Place& place) {
  return fmt::format("{}{}{} {}", place.platform, place.platform.empty() ? "" : " ", place.stage, place.number);
}

std::string label(const Step& step) {
  const auto build = step.build.empty() ? std::string() : step.build + ":";
  if (step.places.empty()) return build + step.name;
  std::string places;
  for (const auto& place : step.places)
    places += fmt::format("{}{}/{}", places.empty() ? build : " = ", label(place), place.total);
  return fmt::format("{} {}", places, step.places.front().instruction);
}

void to_json(nlohmann::json& json, const BuildRecord& record) {
  auto steps = nlohmann::json::array();
  for (const auto& step : record.steps) steps.push_back(to_json_value(step));
  auto warnings = nlohmann::json::array();
  for (const auto& one : record.warnings)
    warnings.push_back({{"text", text(one.text)}, {"url", text(one.url)}, {"line", one.line}});
  auto imports = nlohmann::json::array();
  for (const auto& one : record.imports) imports.push_back({{"ref", text(one.ref)}, {"error", text(one.error)}});
  auto graph = nlohmann::json::array();
  for (const auto& op : record.graph)
    graph.push_back({{"vertex", text(op.vertex)},
                     {"definition", text(op.definition)},
                     {"inputs", texts(op.inputs)},
                     {"lines", op.lines}});
  json = {{"ref", text(record.ref)},
          {"builder", text(record.builder)},
          {"succeeded", record.succeeded},
          {"error", text(record.error)},
          {"steps", std::move(steps)},
          {"warnings", std::move(warnings)},
          {"imports", std::move(imports)},
          {"graph", std::move(graph)}};
  if (record.by_client) json["by_client"] = true;
}

void from_json(const nlohmann::json& json, BuildRecord& record) {
  record = {};
  json.at("ref").get_to(record.ref);
  json.at("builder").get_to(record.builder);
  json.at("succeeded").get_to(record.succeeded);
  record.by_client = json.value("by_client", false);
  json.at("error").get_to(record.error);
  for (const auto& step : json.at("steps")) record.steps.push_back(step_of(step));
  for (const auto& one : json.at("warnings"))
    record.warnings.push_back(
        {one.at("text").get<std::string>(), one.at("url").get<std::string>(), one.at("line").get<int>()});
  for (const auto& one : json.at("imports"))
    record.imports.push_back({one.at("ref").get<std::string>(), one.at("error").get<std::string>()});
  for (const auto& op : json.at("graph"))
    record.graph.push_back({op.at("vertex").get<std::string>(),
                            op.at("definition").get<std::string>(),
                            op.at("inputs").get<std::vector<std::string>>(),
                            op.at("lines").get<std::vector<int>>()});
}

} // namespace cacheproof::evidence
