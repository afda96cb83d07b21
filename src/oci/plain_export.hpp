#pragma once

#include "oci/image_export.hpp"

namespace cacheproof::oci {

/// Lists what a build exported with `type=local` to a folder or with `type=tar` to a file, as `read_export` does an
/// image: one file system, without digest, config and history. `by_platform`: it has a folder for each platform, and a
/// path below `linux_arm64/` is one of `linux/arm64/`.
util::Result<evidence::Image> read_plain_export(const std::filesystem::path& from,
                                                bool by_platform,
                                                const std::function<bool(std::string_view path)>& wanted = {},
                                                const ExportLimits& limits = {},
                                                std::stop_token stop = {});

} // namespace cacheproof::oci
