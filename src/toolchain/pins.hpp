#pragma once

#include "toolchain/toolchain.hpp"

#include <string>

namespace cacheproof::toolchain {

/// The text of docker/versions.yaml, built in.
extern const char* const k_versions_yaml;

/// `sha256:…` of the release file of a version for this machine, where docker/versions.yaml gives it; else empty.
std::string pinned_digest(Kind kind, const std::string& version);

} // namespace cacheproof::toolchain
