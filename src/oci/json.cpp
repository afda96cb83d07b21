#include "oci/json.hpp"

#include <nlohmann/json.hpp>

namespace cacheproof::oci {

nlohmann::json parse_json(std::string_view text) {
  constexpr int deepest = 100;
  bool deep = false;
  const auto keep = [&](int depth, nlohmann::json::parse_event_t, const nlohmann::json&) {
    deep = deep || depth > deepest;
    return !deep;
  };
  auto parsed = nlohmann::json::parse(text, keep, false);
  if (deep) parsed = nlohmann::json::value_t::discarded;
  return parsed;
}

std::string text_at(const nlohmann::json& object, const std::string& key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

nlohmann::json list_at(const nlohmann::json& object, const std::string& key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_array() ? *found : nlohmann::json::array();
}

std::vector<std::string> texts_at(const nlohmann::json& object, const std::string& key) {
  std::vector<std::string> all;
  for (const auto& each : list_at(object, key))
    if (each.is_string()) all.push_back(each.get<std::string>());
  return all;
}

nlohmann::json object_at(const nlohmann::json& object, const std::string& key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_object() ? *found : nlohmann::json::object();
}

} // namespace cacheproof::oci
