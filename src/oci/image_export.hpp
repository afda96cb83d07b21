#pragma once

#include "evidence/image.hpp"
#include "util/result.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string_view>

namespace cacheproof::oci {

/// How much of an export is read before it is refused: whoever wrote the layers may mean harm.
struct ExportLimits {
  std::uint64_t bytes = std::uint64_t{64} << 30; ///< of all layers, unpacked, holes of sparse files included
  std::size_t entries = 400'000;                 ///< of all layers
  std::size_t names = std::size_t{128} << 20;    ///< bytes of their paths, links and extended attributes
};

/// Lists the image that a build exported with `type=oci` or `type=docker` to a tar: layers applied lowest first with
/// their whiteouts (OCI image specification, layer.md), contents hashed as they stream by. Nothing is unpacked to disk
/// and no content is held, but that of files of up to 256 bytes and of those for which `wanted` is true (up to 1 MiB),
/// so that memory grows with the number of paths alone. Attestations are left out. A layer that is cut short, that
/// names a path above its root, or that is larger than the limits is an error.
util::Result<evidence::Image> read_export(const std::filesystem::path& tar,
                                          const std::function<bool(std::string_view path)>& wanted = {},
                                          const ExportLimits& limits = {},
                                          std::stop_token stop = {});

} // namespace cacheproof::oci
