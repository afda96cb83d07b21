#pragma once

#include "oci/registry_client.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

namespace cacheproof::oci {

/// Some files of an image, without a container engine.
struct Pull {
  std::string repository; ///< `moby/buildkit`
  std::string reference;  ///< a tag or a digest
  /// Paths in the image of regular files, or of links to them; each lands in `into` under its last part, mode 0755.
  std::vector<std::string> files;
  std::filesystem::path into;                   ///< a folder; layers lie there for a while too
  std::uint64_t limit = std::uint64_t{2} << 30; ///< bytes of all layers packed, and of each unpacked
  std::vector<std::string> places = {""};       ///< what may stand before the paths: the first that is there is taken
  std::vector<std::string> extras;              ///< as `files`, of which some may be missing
};

/// Takes the files from the image of this machine's platform, verified against the digests down from what the
/// reference names; returns that top digest. Nothing else of the image is written anywhere. After an error `into` may
/// hold some of the files.
util::Result<std::string> pull_files(RegistryClient& registry, const Pull& pull, std::stop_token stop = {});

} // namespace cacheproof::oci
