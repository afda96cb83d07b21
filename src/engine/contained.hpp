#pragma once

#include "engine/rig.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <map>
#include <string>

namespace cacheproof::engine {

/// The image of a rig's BuildKit in a registry of the sandbox: `cacheproof/buildkit:v0.34.2`.
std::string contained_image(const Rig& rig);

/// What an image of BuildKit has, by its paths there: buildkitd, buildctl, and the machine's runc with the libraries
/// that it needs.
util::Result<std::map<std::string, std::filesystem::path>> contained_programs(const sandbox::Programs& programs);

} // namespace cacheproof::engine
