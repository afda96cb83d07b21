#pragma once

#include "toolchain/sources.hpp"
#include "toolchain/toolchain.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::toolchain {

/// The text of docker/versions.yaml, built in.
extern const char* const k_versions_yaml;

/// The first and the last version that a source has, on a platform; empty: no such bound is known.
struct Bounds {
  std::string since;
  std::string until;
};

/// One section of it.
struct Pins {
  std::string standard;                                         ///< the default version
  std::vector<std::string> versions;                            ///< oldest first
  std::map<std::string, Digests> digests;                       ///< by version
  std::map<std::string, std::string> buildkit;                  ///< that is built into a version
  std::map<std::string, std::vector<std::string>> groups;       ///< by name, `all` among them: versions, oldest first
  std::map<std::string, std::map<std::string, Bounds>> sources; ///< by `release`, `image`, `deb`, `module`; platform
};
/// Our own file, which the tests read too: a mistake in it ends the program at its first use.
Pins read_pins(const std::string& yaml, Kind kind);

/// Why a source does not have that version on a machine of these platforms, in words; nothing where it may.
std::optional<std::string> out_of_bounds(const Pins& pins,
                                         const std::string& source,
                                         std::string_view version,
                                         const std::vector<std::string>& platforms);
/// The same of docker/versions.yaml, on this machine.
std::optional<std::string> out_of_bounds(Kind kind, const std::string& source, std::string_view version);

/// Those of a version; of one that docker/versions.yaml does not have, nothing is known.
Digests pinned_digests(Kind kind, const std::string& version);

} // namespace cacheproof::toolchain
