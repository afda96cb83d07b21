#include "oci/json.hpp"

#include <nlohmann/json.hpp>

namespace cacheproof::oci {

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
