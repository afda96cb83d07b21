#include "toolchain/pins.hpp"

#include "toolchain/toolchain.hpp"
#include "util/version.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>

namespace cacheproof::toolchain {
namespace {

struct Pins {
  std::string standard;
  std::vector<std::string> versions;
};

/// Our own file, which the tests read too: a mistake in it ends the program at its first use.
const Pins& pins() {
  static const Pins read = [] {
    const auto buildkit = YAML::Load(k_versions_yaml)["buildkit"];
    Pins found{buildkit["default"].as<std::string>(), {}};
    for (const auto& entry : buildkit["versions"]) found.versions.push_back(entry.first.as<std::string>());
    std::sort(found.versions.begin(), found.versions.end(), [](const auto& left, const auto& right) {
      return util::Version::parse(left) < util::Version::parse(right);
    });
    return found;
  }();
  return read;
}

} // namespace

const std::vector<std::string>& pinned() {
  return pins().versions;
}
const std::string& default_version() {
  return pins().standard;
}

} // namespace cacheproof::toolchain
