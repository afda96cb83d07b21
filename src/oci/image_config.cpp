#include "oci/image_config.hpp"

#include "oci/json.hpp"

#include <nlohmann/json.hpp>

namespace cacheproof::oci {
namespace {

using nlohmann::json;

std::vector<std::string> keys_of(const json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

} // namespace

std::string platform_of(const json& described) {
  auto platform = text_at(described, "os") + "/" + text_at(described, "architecture");
  if (const auto variant = text_at(described, "variant"); !variant.empty()) platform += "/" + variant;
  return platform;
}

evidence::ImageConfig config_of(const json& document) {
  const auto inner = object_at(document, "config");
  evidence::ImageConfig config;
  config.platform = platform_of(document);
  config.env = texts_at(inner, "Env");
  const auto labels = object_at(inner, "Labels"); // `items` does not keep it alive
  for (const auto& [name, value] : labels.items())
    if (value.is_string()) config.labels[name] = value.get<std::string>();
  config.user = text_at(inner, "User");
  config.working_dir = text_at(inner, "WorkingDir");
  config.stop_signal = text_at(inner, "StopSignal");
  config.cmd = texts_at(inner, "Cmd");
  config.entrypoint = texts_at(inner, "Entrypoint");
  config.volumes = keys_of(object_at(inner, "Volumes"));
  config.ports = keys_of(object_at(inner, "ExposedPorts"));
  return config;
}

std::vector<std::string> makers_of(const json& document, std::size_t count) {
  std::vector<std::string> makers;
  for (const auto& entry : list_at(document, "history"))
    if (const auto empty = entry.find("empty_layer"); empty == entry.end() || *empty != true)
      makers.push_back(text_at(entry, "created_by"));
  if (makers.size() > count) return std::vector<std::string>(count);
  makers.insert(makers.begin(), count - makers.size(), "");
  return makers;
}

} // namespace cacheproof::oci
