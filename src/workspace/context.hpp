#pragma once

#include "scenario/scenario.hpp"
#include "util/files.hpp"
#include "util/result.hpp"
#include "workspace/fingerprint.hpp"
#include "workspace/git.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::workspace {

/// A Dockerfile without the `# syntax=` directive of line `line` (from 1): the same size, and the same numbers of all
/// lines but directives.
std::string without_syntax(std::string_view text, int line);

/// A build context in a sandbox: a copy of the user's folder, or the files that a scenario holds. Edits act on it
/// alone.
class Context {
public:
  /// Makes the context in the new folder `destination`. A folder is copied with its modes, owners, times (to the
  /// nanosecond), user xattrs and symlinks, by reflink where the file system can, never by hard links: edits would
  /// reach the user's file. Inline files are 0644, folders 0755, all of them of 2020-01-01T00:00:00Z, whatever the
  /// umask, unless they say otherwise. A commit is checked out as a clone does it: 0644 or 0755, with the time of now.
  static util::Result<Context> materialise(const scenario::Context& source, const std::filesystem::path& destination);

  const std::filesystem::path& folder() const { return folder_; }

  /// Applies the edits in order and returns each in words. Content is changed in place as an editor does: inode, mode
  /// and owner stay. No link leads an edit out of the context.
  util::Result<std::vector<std::string>> apply(const std::vector<scenario::Edit>& edits);

  /// Takes the `# syntax=` directive in line `line` (from 1) out of a Dockerfile, and keeps its size, times and the
  /// numbers of all lines but directives.
  util::Status blank_syntax(const std::string& path, int line);

  /// Of the folder as it is now.
  util::Result<evidence::Fingerprint> fingerprint() { return fingerprinter_.take(folder_); }

private:
  Context(std::filesystem::path folder, util::Fd root, std::optional<GitCheckout> git)
      : folder_(std::move(folder)),
        root_(std::move(root)),
        git_(std::move(git)) {}
  util::Result<std::string> checkout(const scenario::Edit& edit);

  std::filesystem::path folder_;
  util::Fd root_;                  ///< every path of an edit is resolved beneath it
  std::optional<GitCheckout> git_; ///< of a git context: what is checked out
  Fingerprinter fingerprinter_;
};

} // namespace cacheproof::workspace
