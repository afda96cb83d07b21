#pragma once

#include "scenario/scenario.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::workspace {

/// What a patch does to one file.
struct PatchedFile {
  std::string from;                  ///< where it was; empty for a new file
  std::string path;                  ///< where it is then; empty for one that is removed
  bool copied = false;               ///< `from` stays
  bool link = false;                 ///< a symbolic link, and `text` its target
  std::string text;                  ///< in the end
  std::optional<std::uint32_t> mode; ///< 0644 or 0755, of a new file or where the patch changes it
};

/// The file or symbolic link (its target) at a path; nothing where none is.
using FindFile = std::function<util::Result<std::optional<scenario::InlineFile>>(const std::string& path)>;

/// What the patch of `edit` does, file by file. Its hunks fit exactly where they say, or nowhere. A patch that is none
/// or does not fit is an error of the input that names the hunk. Pure but for `find`.
util::Result<std::vector<PatchedFile>> patched(const scenario::Edit& edit, const FindFile& find);

/// A unified diff with the lines that git writes and others do not, and that libgit2 asks for: `diff --git` and `index`
/// before a `---` and a `+++` line that stand outside of a hunk, and no times behind their paths.
std::string with_git_headers(std::string_view patch);

} // namespace cacheproof::workspace
