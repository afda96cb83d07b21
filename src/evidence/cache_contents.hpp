#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace cacheproof::evidence {

/// What stands under a tag where a cache was expected.
enum class CacheShape {
  absent,         ///< no such tag
  index,          ///< an OCI index, its config among the entries (BuildKit up to v0.17.3)
  image_manifest, ///< an image manifest whose config is the cache config (from v0.24)
  not_a_cache,    ///< something else: an ordinary image, an empty index
};

struct CacheLayer {
  std::string digest;
  std::uint64_t bytes = 0; ///< compressed, as it lies in the registry
  bool operator==(const CacheLayer&) const = default;
};

/// What a cache export left in the registry.
struct CacheContents {
  std::string ref; ///< as the scenario wrote it, the registry's address included
  CacheShape shape = CacheShape::absent;
  std::string digest;             ///< of the manifest
  std::string media_type;         ///< of the manifest
  std::vector<CacheLayer> layers; ///< distinct blobs, by digest
  std::size_t records = 0;        ///< of the cache config
  bool operator==(const CacheContents&) const = default;
};

std::string_view to_text(CacheShape shape);

void to_json(nlohmann::json& json, const CacheContents& contents);
void from_json(const nlohmann::json& json, CacheContents& contents);

} // namespace cacheproof::evidence
