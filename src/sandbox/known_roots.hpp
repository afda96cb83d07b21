#pragma once

#include <filesystem>
#include <vector>

namespace cacheproof::sandbox {

/// Where sandboxes may be: a tmpfs is markedly faster (buildkit-facts), else the disk. The first that has room is used.
std::vector<std::filesystem::path> roots();

/// Notes that a sandbox is to be made in a root, for later sweeps that have another TMPDIR: a link to it below
/// $XDG_STATE_HOME/cacheproof/roots (~/.local/state/…, under sudo of the user who called). Where that cannot be written
/// it is not noted.
void remember(const std::filesystem::path& root);

/// `roots` and those that are remembered and can be looked into now.
std::vector<std::filesystem::path> known_roots();

/// Of the remembered ones, those that are there no more.
void forget_gone_roots();

} // namespace cacheproof::sandbox
