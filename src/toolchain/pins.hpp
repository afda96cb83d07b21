#pragma once

namespace cacheproof::toolchain {

/// The text of docker/versions.yaml, built in.
extern const char* const k_versions_yaml;

} // namespace cacheproof::toolchain
