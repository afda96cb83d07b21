#include "toolchain/pins.hpp"

#include "toolchain/sources.hpp"
#include "util/version.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>

namespace cacheproof::toolchain {
namespace {

const Pins& pins(Kind kind) {
  static const std::array all{read_pins(k_versions_yaml, Kind::buildkit),
                              read_pins(k_versions_yaml, Kind::buildx),
                              read_pins(k_versions_yaml, Kind::registry),
                              read_pins(k_versions_yaml, Kind::frontend),
                              read_pins(k_versions_yaml, Kind::docker)};
  return all.at(static_cast<size_t>(kind));
}

void sort(std::vector<std::string>& versions) {
  std::sort(versions.begin(), versions.end(), [](const auto& left, const auto& right) {
    return util::Version::parse(left) < util::Version::parse(right);
  });
}

} // namespace

Pins read_pins(const std::string& yaml, Kind kind) {
  const auto section = YAML::Load(yaml)[recipe(kind).name];
  Pins pins{section["default"].as<std::string>(), {}, {}, {}, {}};
  for (const auto& entry : section["versions"]) {
    const auto version = entry.first.as<std::string>();
    pins.versions.push_back(version);
    for (const auto& group : entry.second["groups"]) pins.groups[group.as<std::string>()].push_back(version);
    auto& digests = pins.digests[version];
    if (const auto sum = entry.second["module"]) digests.module = sum.as<std::string>();
    if (const auto tag = entry.second["tag"]) digests.tag = tag.as<std::string>();
    if (const auto inside = entry.second["buildkit"]) pins.buildkit[version] = inside.as<std::string>();
    const auto files = entry.second["sha256"];
    if (!files) continue; // asking it for a key would throw
    if (const auto digest = files[fill_in("linux-{arch}", version)])
      digests.release = "sha256:" + digest.as<std::string>();
  }
  pins.groups[std::string(k_all)] = pins.versions;
  sort(pins.versions);
  for (auto& [name, versions] : pins.groups) sort(versions);
  return pins;
}

const std::vector<std::string>& pinned(Kind kind) {
  return pins(kind).versions;
}
std::vector<std::string> in_group(Kind kind, std::string_view group) {
  const auto& groups = pins(kind).groups;
  const auto found = groups.find(std::string(group));
  return found == groups.end() ? std::vector<std::string>{} : found->second;
}
bool is_group(std::string_view word) {
  return std::any_of(k_kinds.begin(), k_kinds.end(), [&](Kind kind) { return !in_group(kind, word).empty(); });
}
const std::string& default_version(Kind kind) {
  return pins(kind).standard;
}
std::string embedded_buildkit(const std::string& docker) {
  const auto& known = pins(Kind::docker).buildkit;
  const auto found = known.find(docker);
  return found == known.end() ? std::string() : found->second;
}
Digests pinned_digests(Kind kind, const std::string& version) {
  const auto& digests = pins(kind).digests;
  const auto found = digests.find(version);
  return found == digests.end() ? Digests{} : found->second;
}

} // namespace cacheproof::toolchain
