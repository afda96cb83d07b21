#pragma once

#include "process/command.hpp"
#include "sandbox/daemon.hpp"
#include "util/result.hpp"

#include <filesystem>

namespace cacheproof::sandbox {

/// Where a daemon listens.
std::filesystem::path socket_of(const DaemonSetup& setup);

/// buildkitd.toml for one in a container: its registries and mirrors.
std::string contained_configuration(const DaemonSetup& setup);

/// Writes what a buildkitd reads at its start into its folder; gives its command.
util::Result<process::Command> prepare_buildkitd(const DaemonSetup& setup);
/// The same of a dockerd, which then needs its bridge. The containerd that it starts, and its runc, are those beside
/// it, or the machine's.
util::Result<process::Command> prepare_dockerd(const DaemonSetup& setup);

} // namespace cacheproof::sandbox
