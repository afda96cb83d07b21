#pragma once

#include <cstdint>
#include <filesystem>

namespace cacheproof::sandbox {

/// Bytes of the blobs in a registry's folder (distribution's layout, `docker/registry/v2/blobs`).
std::uintmax_t blob_bytes(const std::filesystem::path& registry);

/// Removes the blobs that were read longest ago until at most `limit` bytes are left, and returns how many bytes went.
/// A proxy fetches a blob that is missing again (measured with docker-registry 2.8); nobody may be using it meanwhile.
std::uintmax_t evict_blobs(const std::filesystem::path& registry, std::uintmax_t limit);

} // namespace cacheproof::sandbox
