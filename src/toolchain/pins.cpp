#include "toolchain/pins.hpp"

#include "toolchain/sources.hpp"
#include "util/files.hpp"
#include "util/text.hpp"
#include "util/version.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>

namespace cacheproof::toolchain {
namespace {

constexpr const char* k_any = "any";

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

/// `debian-12`, by the machine's own word; empty: it says none.
std::string distribution() {
  std::map<std::string, std::string> said;
  const auto text = util::read_text("/etc/os-release").value_or("");
  for (auto line : util::lines(text)) {
    std::erase(line, '"');
    if (const auto equals = line.find('='); equals != line.npos) said[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return said.contains("ID") && said.contains("VERSION_ID") ? said["ID"] + "-" + said["VERSION_ID"] : std::string();
}

} // namespace

Pins read_pins(const std::string& yaml, Kind kind) {
  const auto section = YAML::Load(yaml)[recipe(kind).name];
  Pins pins{section["default"].as<std::string>(), {}, {}, {}, {}, {}};
  for (const auto& source : section["sources"])
    for (const auto& platform : source.second) {
      auto& bounds = pins.sources[source.first.as<std::string>()][platform.first.as<std::string>()];
      bounds = {platform.second["since"].as<std::string>(""), platform.second["until"].as<std::string>("")};
    }
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

std::optional<std::string> out_of_bounds(const Pins& pins,
                                         const std::string& source,
                                         std::string_view version,
                                         const std::vector<std::string>& platforms) {
  const auto known = pins.sources.find(source);
  const auto asked = util::Version::parse(version);
  if (known == pins.sources.end() || !asked) return {};
  for (const auto& platform : platforms) {
    const auto bounds = known->second.find(platform);
    if (bounds == known->second.end()) continue;
    const auto where = platform == k_any ? std::string() : fmt::format("on {} ", platform);
    const auto since = util::Version::parse(bounds->second.since);
    const auto until = util::Version::parse(bounds->second.until);
    if (since && *asked < *since) return fmt::format("{}it has none before {}", where, bounds->second.since);
    if (until && *until < *asked) return fmt::format("{}it has none after {}", where, bounds->second.until);
  }
  return {};
}

std::optional<std::string> out_of_bounds(Kind kind, const std::string& source, std::string_view version) {
  return out_of_bounds(pins(kind), source, version, {k_any, fill_in("linux-{arch}", version), distribution()});
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
