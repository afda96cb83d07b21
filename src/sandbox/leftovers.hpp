#pragma once

#include "util/result.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace cacheproof::sandbox {

/// What the world still holds of a sandbox: read from /proc and /sys, whoever made it.
struct Leftovers {
  std::vector<int> processes;                 ///< with the mark of the folder in their environment
  std::vector<std::filesystem::path> mounts;  ///< below the folder, as they were mounted
  std::vector<std::filesystem::path> cgroups; ///< parents first
  /// Network namespaces as ip-netns(8) names them: `/run/netns/cacheproof-XXXXXX`, or that and `-` and any more.
  std::vector<std::filesystem::path> networks;
  std::vector<std::string> bridges; ///< of Docker engines
  bool operator==(const Leftovers&) const = default;
};
Leftovers leftovers(const std::filesystem::path& folder);

/// The control group that a sandbox's containers are put into: `/cacheproof-XXXXXX`.
std::string cgroup_of(const std::filesystem::path& folder);

/// The processes whose environment has exactly `NAME=value`.
std::vector<int> marked(const std::string& variable);

/// Sends a signal to the processes whose environment has exactly `NAME=value`, all but one.
void signal_marked(const std::string& variable, int signal, int except = -1);

/// Kills the processes whose environment has exactly `NAME=value`, all but one, and waits until they are gone.
util::Status end_marked(const std::string& variable, int except = -1);

/// Ends processes, unmounts (deepest first) and removes control groups, network namespaces and bridges of the folder;
/// its files stay. What could not be removed is the error.
util::Status clear(const std::filesystem::path& folder);

} // namespace cacheproof::sandbox
