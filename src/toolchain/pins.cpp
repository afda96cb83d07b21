#include "toolchain/pins.hpp"

#include "toolchain/sources.hpp"
#include "util/version.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <map>

namespace cacheproof::toolchain {
namespace {

struct Pins {
  std::string standard;
  std::vector<std::string> versions;
  std::map<std::string, std::string> digests; ///< of release files for this machine
};

/// Our own file, which the tests read too: a mistake in it ends the program at its first use.
Pins read(Kind kind) {
  const auto section = YAML::Load(k_versions_yaml)[recipe(kind).name];
  Pins pins{section["default"].as<std::string>(), {}, {}};
  for (const auto& entry : section["versions"]) {
    const auto version = entry.first.as<std::string>();
    pins.versions.push_back(version);
    const auto digests = entry.second["sha256"];
    if (!digests) continue; // asking it for a key would throw
    if (const auto digest = digests[fill_in("linux-{arch}", version)])
      pins.digests[version] = "sha256:" + digest.as<std::string>();
  }
  std::sort(pins.versions.begin(), pins.versions.end(), [](const auto& left, const auto& right) {
    return util::Version::parse(left) < util::Version::parse(right);
  });
  return pins;
}

const Pins& pins(Kind kind) {
  static const std::array<Pins, 3> all{read(Kind::buildkit), read(Kind::buildx), read(Kind::registry)};
  return all.at(static_cast<size_t>(kind));
}

} // namespace

const std::vector<std::string>& pinned(Kind kind) {
  return pins(kind).versions;
}
const std::string& default_version(Kind kind) {
  return pins(kind).standard;
}
std::string pinned_digest(Kind kind, const std::string& version) {
  const auto& digests = pins(kind).digests;
  const auto found = digests.find(version);
  return found == digests.end() ? "" : found->second;
}

} // namespace cacheproof::toolchain
