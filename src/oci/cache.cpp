#include "oci/cache.hpp"

#include "oci/json.hpp"
#include "oci/layout.hpp"
#include "oci/reference.hpp"
#include "util/files.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
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

/// Fills what a manifest and the blobs that it names say.
util::Status read_contents(evidence::CacheContents& contents, const std::string& body, const FetchBlob& blob) {
  const auto manifest = parse_json(body);
  if (!manifest.is_object()) return util::failure("the manifest of " + contents.ref + " is no JSON object");
  auto entries = entries_of(manifest);
  if (entries.config.empty()) {
    contents.shape = CacheShape::not_a_cache;
    return {};
  }
  contents.shape = manifest.contains("manifests") ? CacheShape::index : CacheShape::image_manifest;
  for (const auto& [digest, bytes] : entries.layers) contents.layers.push_back({digest, bytes});
  CP_TRY_ASSIGN(const auto text, blob(entries.config));
  const auto config = parse_json(text);
  if (!config.is_object()) return util::failure("the cache config of " + contents.ref + " is no JSON object");
  contents.records = list_at(config, "records").size();
  return {};
}

} // namespace

util::Result<evidence::CacheContents>
describe_cache(const std::string& manifest, const std::string& ref, const FetchBlob& fetch) {
  evidence::CacheContents contents;
  contents.ref = ref;
  CP_TRY(read_contents(contents, manifest, fetch));
  return contents;
}

util::Result<evidence::CacheContents> read_cache(RegistryClient& registry, const std::string& ref) {
  CP_TRY_ASSIGN(const auto name, parse_reference(ref));
  evidence::CacheContents contents;
  contents.ref = ref;
  CP_TRY_ASSIGN(const auto found, registry.manifest(name.repository, name.digest.empty() ? name.tag : name.digest));
  if (!found) return contents;
  contents.digest = found->digest;
  contents.media_type = found->media_type;
  CP_TRY(read_contents(contents, found->body, [&](const auto& digest) {
    return registry.blob(name.repository, digest, k_config_limit);
  }));
  return contents;
}

util::Result<evidence::CacheContents> read_cache_folder(const std::filesystem::path& folder, const std::string& tag) {
  evidence::CacheContents contents;
  contents.ref = folder.string();
  CP_TRY_ASSIGN(const auto found, read_layout(folder, tag));
  if (!found) return contents;
  contents.digest = found->digest;
  contents.media_type = found->media_type;
  CP_TRY(read_contents(contents, found->body, [&](const auto& digest) -> util::Result<std::string> {
    CP_TRY_ASSIGN(const auto path, blob_path(folder, digest));
    return util::read_text(path);
  }));
  return contents;
}

Parts parts_of(const std::string& body) {
  const auto manifest = parse_json(body);
  Parts parts;
  if (manifest.is_object() && manifest.contains("config")) parts.config = text_at(manifest["config"], "digest");
  for (const auto* key : {"manifests", "layers"})
    for (const auto& descriptor : list_at(manifest, key)) {
      auto digest = text_at(descriptor, "digest");
      if (text_at(descriptor, "mediaType") == k_config_type)
        parts.config = std::move(digest);
      else if (!digest.empty())
        parts.layers.push_back(std::move(digest));
    }
  return parts;
}

} // namespace cacheproof::oci
