#pragma once

#include "util/result.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace cacheproof::sandbox {

/// The network of a Docker engine of our own. On a bridge that is its own, with no rules of iptables, an engine leaves
/// docker0 and the rules of one that is there already as they are; without any it would delete docker0 (measured on
/// 20.10.24 to 29.2.0).
///
/// Its name, `cp-XXXXXX-d1` for `…/cacheproof-XXXXXX/d1`, tells whose it is: it outlives a process that is killed.
std::string bridge_of(const std::filesystem::path& daemon_folder);

/// Makes it, with 14 addresses of 198.18.0.0/15, which no network has (RFC 2544). Needs `ip` and root.
util::Status make_bridge(const std::string& name);
bool has_bridge(const std::string& name);
/// With what is connected to it. None of that name is no error.
util::Status remove_bridge(const std::string& name);

/// Those of all daemons of a sandbox that are there.
std::vector<std::string> bridges_of(const std::filesystem::path& sandbox_folder);

} // namespace cacheproof::sandbox
