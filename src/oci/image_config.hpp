#pragma once

#include "evidence/image.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>
#include <vector>

// What the JSON documents of an image say (OCI image specification, config.md). They may be anybody's: what is missing
// or of another type reads as empty.
namespace cacheproof::oci {

/// `linux/arm64/v8`, of a descriptor's platform or of an image's config.
std::string platform_of(const nlohmann::json& described);

evidence::ImageConfig config_of(const nlohmann::json& document);

/// Which instruction made each of `count` layers: the history's entries that have one, the last for the last. Texts are
/// empty where the history does not say.
std::vector<std::string> makers_of(const nlohmann::json& document, std::size_t count);

} // namespace cacheproof::oci
