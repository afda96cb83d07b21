#pragma once

#include <map>
#include <string>

namespace cacheproof::sandbox {

/// Where the programs of a sandbox look for others.
constexpr const char* k_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A proxy is a property of the machine that a pull may need; nothing else of the caller's reaches a daemon or a
/// registry. Loopback is never asked for through one.
void pass_proxies(std::map<std::string, std::string>& environment);

} // namespace cacheproof::sandbox
