#pragma once

#include "toolchain/toolchain.hpp"

#include <map>
#include <string>
#include <vector>

namespace cacheproof::toolchain {

/// The text of docker/versions.yaml, built in.
extern const char* const k_versions_yaml;

/// One section of it.
struct Pins {
  std::string standard;                       ///< the default version
  std::vector<std::string> versions;          ///< oldest first
  std::map<std::string, std::string> digests; ///< `sha256:…` of release files for this machine, by version
};
/// Our own file, which the tests read too: a mistake in it ends the program at its first use.
Pins read_pins(const std::string& yaml, Kind kind);

/// `sha256:…` of the release file of a version for this machine, where docker/versions.yaml gives it; else empty.
std::string pinned_digest(Kind kind, const std::string& version);

} // namespace cacheproof::toolchain
