#pragma once

#include "oci/registry_client.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace cacheproof::oci {

/// What an image has on top of the built-in base.
struct ImageExtras {
  std::map<std::string, std::string> files; ///< path, without a first `/`, → content; mode 0644, in a layer of its own
  std::map<std::string, std::string> env;
  std::map<std::string, std::string> labels;
  bool operator==(const ImageExtras&) const = default;
};

/// An image of one layer, or of two with files of its own, as bytes that a registry takes.
struct Image {
  std::string layer; ///< tar, gzipped
  std::string config;
  std::string manifest;
  std::string manifest_type;
  std::string second_layer; ///< tar, gzipped; empty without such files
  bool operator==(const Image&) const = default;
};

/// Files, packed.
struct Layer {
  std::string gzipped; ///< their tar, gzipped
  std::string diff_id; ///< `sha256:…` of the tar
};

/// Whether that busybox can serve as the base image: it is statically linked. Else the error with its remedy.
util::Status check_busybox(const std::filesystem::path& busybox);

/// The layer of the base image for scenarios: `/bin/busybox` with links for its usual applets, `/etc/passwd` and a
/// `/tmp` for all. Equal busybox binaries give equal bytes. A busybox that needs shared libraries is refused: the image
/// has none.
util::Result<Layer> busybox_layer(const std::filesystem::path& busybox);

/// An image of that layer. Equal layers and extras give equal bytes.
util::Result<Image> busybox_image(const Layer& base, const ImageExtras& extras = {});

/// Pushes the layers, the config and then the manifest under `tag`.
util::Status push(RegistryClient& registry, std::string_view repository, std::string_view tag, const Image& image);

} // namespace cacheproof::oci
