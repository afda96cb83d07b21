#pragma once

#include <string>
#include <string_view>

namespace cacheproof::util {

/// A platform as BuildKit prints it (containerd's platforms, Parse and Normalize): `arm64` is `linux/arm64`, and so is
/// `linux/arm64/v8`; `linux/arm` is `linux/arm/v7`. What is no platform stays as it is.
std::string normal_platform(std::string_view written);

} // namespace cacheproof::util
