#include "evidence/cache_contents.hpp"

#include "evidence/json.hpp"

namespace cacheproof::evidence {
namespace {

constexpr CacheShape k_shapes[] = {
    CacheShape::absent, CacheShape::index, CacheShape::image_manifest, CacheShape::not_a_cache};

} // namespace

std::string_view to_text(CacheShape shape) {
  switch (shape) {
  case CacheShape::absent:
    return "absent";
  case CacheShape::index:
    return "index";
  case CacheShape::image_manifest:
    return "image manifest";
  case CacheShape::not_a_cache:
    return "not a cache";
  }
  return "?";
}

void to_json(nlohmann::json& json, const CacheContents& contents) {
  auto layers = nlohmann::json::array();
  for (const auto& layer : contents.layers) layers.push_back({{"digest", text(layer.digest)}, {"bytes", layer.bytes}});
  json = {{"ref", text(contents.ref)},
          {"shape", to_text(contents.shape)},
          {"digest", text(contents.digest)},
          {"media_type", text(contents.media_type)},
          {"layers", std::move(layers)},
          {"records", contents.records}};
}

void from_json(const nlohmann::json& json, CacheContents& contents) {
  contents = {};
  json.at("ref").get_to(contents.ref);
  contents.shape = enum_of(json.at("shape"), k_shapes);
  json.at("digest").get_to(contents.digest);
  json.at("media_type").get_to(contents.media_type);
  for (const auto& layer : json.at("layers"))
    contents.layers.push_back({layer.at("digest").get<std::string>(), layer.at("bytes").get<std::uint64_t>()});
  json.at("records").get_to(contents.records);
}

} // namespace cacheproof::evidence
