#pragma once

#include "oci/registry_client.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::oci {

/// What an image has on top of the built-in base.
struct ImageExtras {
  std::map<std::string, std::string> files; ///< path, without a first `/`, → content; mode 0644, in a layer of its own
  std::map<std::string, std::string> env;
  std::map<std::string, std::string> labels;
  std::vector<std::string> entrypoint;
  std::map<std::string, std::filesystem::path> programs; ///< path → a file of this machine, mode 0755, in that layer
  bool operator==(const ImageExtras&) const = default;
};

/// An image of one layer, or of two with files of its own, as bytes that a registry takes; or an index of such.
struct Image {
  std::string layer; ///< tar, gzipped
  std::string config;
  std::string manifest;
  std::string manifest_type;
  std::string second_layer;        ///< tar, gzipped; empty without files and programs
  std::vector<Image> of_platforms; ///< of an index, which has but its manifest beside them
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
/// `/tmp` for all. Equal busybox binaries give equal bytes; with a mark, which /etc/cacheproof then has, no other layer
/// is equal. A busybox that needs shared libraries is refused: the image has none.
util::Result<Layer> busybox_layer(const std::filesystem::path& busybox, const std::string& mark = {});

/// An image of that layer. Equal layers and extras give equal bytes. With `platforms` (`linux/arm64`) it is an index of
/// an image for each, which its /etc/platform names: all have the binary of this machine, which needs no emulation.
util::Result<Image>
busybox_image(const Layer& base, const ImageExtras& extras = {}, const std::vector<std::string>& platforms = {});

/// Pushes the layers, the config and then the manifest under `tag`; of an index first its images.
util::Status push(RegistryClient& registry, std::string_view repository, std::string_view tag, const Image& image);

} // namespace cacheproof::oci
