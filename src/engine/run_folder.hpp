#pragma once

#include "util/files.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <string>

namespace cacheproof::engine {

/// Where the evidence of one run goes: `cacheproof-out/2026-11-25T14-48-53-12345`. The last 20 runs are kept; a run
/// that is still alive is never removed (it holds a lock on its folder).
class RunFolder {
public:
  /// A new folder below `out`; older ones beyond the last 20 are removed. With `name` (several processes are one run,
  /// as under ctest) the folder of that name is made or joined.
  static util::Result<RunFolder> create(const std::filesystem::path& out, const std::string& name = {});
  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
  util::Fd lock_;
};

} // namespace cacheproof::engine
