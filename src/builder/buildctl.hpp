#pragma once

#include "builder/request.hpp"
#include "process/command.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::builder {

/// The frontend option by which `BuildRequest::mark` reaches the daemon. The Dockerfile frontend takes no notice of it.
inline constexpr std::string_view k_mark = "cacheproof-build";

/// The command line of `buildctl` for the request. Cache attributes are passed on untouched, known or not: what
/// BuildKit makes of `mod=max` is its own affair, and the point of a scenario.
process::Command
buildctl_command(const std::filesystem::path& buildctl, const std::string& daemon_address, const BuildRequest& request);

/// What `inexpressible` says of `buildctl`.
std::vector<std::string> unknown_to_buildctl(const BuildRequest& request);

} // namespace cacheproof::builder
