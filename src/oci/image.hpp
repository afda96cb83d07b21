#pragma once

#include "oci/registry_client.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace cacheproof::oci {

/// An image of one layer, as bytes that a registry takes.
struct Image {
  std::string layer; ///< tar, gzipped
  std::string config;
  std::string manifest;
  std::string manifest_type;
  bool operator==(const Image&) const = default;
};

/// Whether that busybox can serve as the base image: it is statically linked. Else the error with its remedy.
util::Status check_busybox(const std::filesystem::path& busybox);

/// The base image for scenarios: `/bin/busybox` with links for its usual applets, `/etc/passwd` and a `/tmp` for all.
/// Equal busybox binaries give equal bytes. A busybox that needs shared libraries is refused: the image has none.
util::Result<Image> busybox_image(const std::filesystem::path& busybox);

/// Pushes the layer, the config and then the manifest under `tag`.
util::Status push(RegistryClient& registry, std::string_view repository, std::string_view tag, const Image& image);

} // namespace cacheproof::oci
