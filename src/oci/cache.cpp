#include "oci/cache.hpp"

#include "oci/json.hpp"
#include "oci/reference.hpp"

#include <nlohmann/json.hpp>

#include <map>

namespace cacheproof::oci {
namespace {

using evidence::CacheShape;
using nlohmann::json;

constexpr std::string_view k_config_type = "application/vnd.buildkit.cacheconfig.v0";
constexpr std::size_t k_config_limit = std::size_t{64} << 20;

/// The entries of a cache, told apart: where its config lies and which blobs are layers.
struct Entries {
  std::string config;
  std::map<std::string, std::uint64_t> layers; ///< by digest: one blob may serve several steps
};

Entries entries_of(const json& manifest) {
  Entries entries;
  const auto take = [&](const json& descriptor) {
    if (text_at(descriptor, "mediaType") == k_config_type) {
      entries.config = text_at(descriptor, "digest");
      return;
    }
    const auto digest = text_at(descriptor, "digest");
    if (!digest.empty() && descriptor.contains("size") && descriptor["size"].is_number_unsigned())
      entries.layers[digest] = descriptor["size"].get<std::uint64_t>();
  };
  // BuildKit up to v0.17.3 writes an index with the config among its entries, from v0.24 an image manifest.
  for (const auto& descriptor : list_at(manifest, "manifests")) take(descriptor);
  for (const auto& descriptor : list_at(manifest, "layers")) take(descriptor);
  if (manifest.is_object() && manifest.contains("config") && text_at(manifest["config"], "mediaType") == k_config_type)
    entries.config = text_at(manifest["config"], "digest");
  return entries;
}

} // namespace

util::Result<evidence::CacheContents> read_cache(RegistryClient& registry, const std::string& ref) {
  CP_TRY_ASSIGN(const auto name, parse_reference(ref));
  evidence::CacheContents contents;
  contents.ref = ref;
  CP_TRY_ASSIGN(const auto found, registry.manifest(name.repository, name.digest.empty() ? name.tag : name.digest));
  if (!found) return contents;
  contents.digest = found->digest;
  contents.media_type = found->media_type;
  const auto manifest = json::parse(found->body, nullptr, false);
  if (!manifest.is_object()) return util::failure("the manifest of " + ref + " is no JSON object");

  auto entries = entries_of(manifest);
  if (entries.config.empty()) {
    contents.shape = CacheShape::not_a_cache;
    return contents;
  }
  contents.shape = manifest.contains("manifests") ? CacheShape::index : CacheShape::image_manifest;
  for (const auto& [digest, bytes] : entries.layers) contents.layers.push_back({digest, bytes});
  CP_TRY_ASSIGN(const auto text, registry.blob(name.repository, entries.config, k_config_limit));
  const auto config = json::parse(text, nullptr, false);
  if (!config.is_object()) return util::failure("the cache config of " + ref + " is no JSON object");
  contents.records = list_at(config, "records").size();
  return contents;
}

} // namespace cacheproof::oci
