#pragma once

#include "evidence/cache_contents.hpp"
#include "oci/registry_client.hpp"
#include "util/result.hpp"

#include <string>

namespace cacheproof::oci {

/// What a cache export left under `ref` (`host:port/repository:tag`, the host being that of `registry`). A ref that
/// holds no cache is a value with the shape that says so; only a registry or a document that cannot be read is an
/// error.
util::Result<evidence::CacheContents> read_cache(RegistryClient& registry, const std::string& ref);

} // namespace cacheproof::oci
