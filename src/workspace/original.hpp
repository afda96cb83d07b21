#pragma once

#include "scenario/scenario.hpp"
#include "util/result.hpp"
#include "workspace/git.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cacheproof::workspace {

/// A context as it is before any edit, for telling edits in memory.
class Original {
public:
  virtual ~Original() = default;
  /// The file, symbolic link or hard link at a path in normal form; nothing for a folder and where nothing is. No link
  /// above it is followed.
  virtual std::optional<scenario::InlineFile> at(const std::string& path) const = 0;
  /// The paths of all those below a folder.
  virtual std::vector<std::string> below(const std::string& folder) const = 0;
  /// The commit that is checked out, and its repository; nothing where there is none.
  virtual const GitCheckout* git() const { return nullptr; }
};

/// Of a folder on disk, of files of a scenario, of a commit on this machine.
util::Result<std::shared_ptr<const Original>> original(const scenario::Context& context);

} // namespace cacheproof::workspace
