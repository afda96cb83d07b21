#pragma once

#include "sandbox/known_roots.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace cacheproof::sandbox {

struct SweepOptions {
  bool dry_run = false; ///< only say what would be done
  std::vector<std::filesystem::path> roots = known_roots();
};

/// Removes what killed runs left: processes, mounts, control groups, network namespaces, labelled containers and
/// folders of sandboxes whose owner is dead. Everything hangs on the folder: what belongs to no folder that is seen
/// here may be a live run's of another container, and stays. So does what is of a live run, or kept; several sweeps at
/// once are safe. Returns a line for each thing it did, or could not do.
std::vector<std::string> sweep(const SweepOptions& options = {});

} // namespace cacheproof::sandbox
