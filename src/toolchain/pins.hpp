#pragma once

#include "toolchain/sources.hpp"
#include "toolchain/toolchain.hpp"

#include <map>
#include <string>
#include <vector>

namespace cacheproof::toolchain {

/// The text of docker/versions.yaml, built in.
extern const char* const k_versions_yaml;

/// One section of it.
struct Pins {
  std::string standard;                                   ///< the default version
  std::vector<std::string> versions;                      ///< oldest first
  std::map<std::string, Digests> digests;                 ///< by version
  std::map<std::string, std::string> buildkit;            ///< that is built into a version
  std::map<std::string, std::vector<std::string>> groups; ///< by name, `all` among them: versions, oldest first
};
/// Our own file, which the tests read too: a mistake in it ends the program at its first use.
Pins read_pins(const std::string& yaml, Kind kind);

/// Those of a version; of one that docker/versions.yaml does not have, nothing is known.
Digests pinned_digests(Kind kind, const std::string& version);

} // namespace cacheproof::toolchain
