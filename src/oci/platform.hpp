#pragma once

#include <string>

namespace cacheproof::oci {

/// The running machine in Go's words, which images and releases use: `amd64`, `arm64`.
std::string architecture();
/// As the kernel says it: `x86_64`, `aarch64`.
std::string machine();

} // namespace cacheproof::oci
