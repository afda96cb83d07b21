#pragma once

#include "evidence/cache_contents.hpp"
#include "oci/registry_client.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace cacheproof::oci {

/// What a cache export left under `ref` (`host:port/repository:tag`, the host being that of `registry`). A ref that
/// holds no cache is a value with the shape that says so; only a registry or a document that cannot be read is an
/// error.
util::Result<evidence::CacheContents> read_cache(RegistryClient& registry, const std::string& ref);

/// The text of a blob by its digest.
using FetchBlob = std::function<util::Result<std::string>(const std::string& digest)>;

/// The same of a manifest that is there already, but for its own digest and type. Pure but for `fetch`.
util::Result<evidence::CacheContents>
describe_cache(const std::string& manifest, const std::string& ref, const FetchBlob& fetch);

/// What an export with `type=local` left in `folder` under `tag`: an OCI image layout. As `read_cache`; `ref` becomes
/// the folder.
util::Result<evidence::CacheContents> read_cache_folder(const std::filesystem::path& folder, const std::string& tag);

/// The blobs of a manifest of a cache or an image: the config's digest, empty without one, and the layers' in their
/// order.
struct Parts {
  std::string config;
  std::vector<std::string> layers;
};
Parts parts_of(const std::string& manifest);

} // namespace cacheproof::oci
