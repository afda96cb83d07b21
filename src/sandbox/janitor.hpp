#pragma once

#include "sandbox/folder.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace cacheproof::sandbox {

struct SweepOptions {
  bool dry_run = false; ///< only say what would be done
  std::vector<std::filesystem::path> roots = sandbox::roots();
};

/// Removes what killed runs left: processes, mounts, control groups and folders of sandboxes whose owner is dead. Never
/// those of a live run, nor kept ones; several sweeps at once are safe. Returns a line for each thing it did, or could
/// not do.
std::vector<std::string> sweep(const SweepOptions& options = {});

} // namespace cacheproof::sandbox
