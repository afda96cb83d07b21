#pragma once

#include "oci/registry_client.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace cacheproof::oci {

// OCI image layouts on disk, as an export with `type=local` leaves one.

/// Where the blob of a digest lies in the layout of `folder`. What is no digest is an error.
util::Result<std::filesystem::path> blob_path(const std::filesystem::path& folder, const std::string& digest);

/// What stands under `tag`; nothing where there is no layout or no such tag. The digest is the layout's word.
util::Result<std::optional<Manifest>> read_layout(const std::filesystem::path& folder, const std::string& tag);

} // namespace cacheproof::oci
