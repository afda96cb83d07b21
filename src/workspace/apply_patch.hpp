#pragma once

#include "scenario/scenario.hpp"
#include "util/files.hpp"
#include "util/result.hpp"
#include "workspace/git.hpp"

#include <string>

namespace cacheproof::workspace {

/// Does a patch in the tree beneath `root` and returns it in words. Each file is changed as an edit of its content
/// would: inode, mode and owner stay, unless the patch itself sets a mode. A folder that is left empty goes, as git
/// has it.
util::Result<std::string> apply_patch(const util::Fd& root, const scenario::Edit& edit);

/// Checks `after` out over `before` and returns it in words. As git does: files that differ are made anew, 0644 or
/// 0755, and get the time of now; others are not touched, and one that an edit has changed since is refused.
util::Result<std::string>
apply_checkout(const util::Fd& root, const scenario::Edit& edit, const GitCheckout& before, const GitTree& after);

} // namespace cacheproof::workspace
