#pragma once

#include "oci/reference.hpp"
#include "oci/registry_client.hpp"
#include "util/result.hpp"

#include <cstddef>
#include <filesystem>
#include <string>

namespace cacheproof::oci {

// What is done to caches and images on purpose. Each change is read back before it counts as made; what
// is not there, and so cannot change, is an error of the input.

/// Takes a tag out. Returns the digest that it named. A digest that has other tags too is refused: registries before
/// distribution 3 take out a manifest with all its tags only.
util::Result<std::string> delete_tag(RegistryClient& registry, const Reference& ref);

enum class Part { layer, config, manifest };
/// Takes a blob out of the repository of `ref`, or the manifest itself; `layer` counts from 1 in the manifest's order.
/// Returns its digest.
util::Result<std::string> delete_blob(RegistryClient& registry, const Reference& ref, Part part, std::size_t layer);
/// The same of the cache under a tag of a folder, an OCI image layout.
util::Result<std::string>
delete_blob(const std::filesystem::path& folder, const std::string& tag, Part part, std::size_t layer);

/// Copies the manifest with its blobs. Returns its digest.
util::Result<std::string>
copy(RegistryClient& from, const Reference& source, RegistryClient& to, const Reference& destination);

} // namespace cacheproof::oci
