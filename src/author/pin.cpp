#include "author/pin.hpp"

#include "author/yaml_text.hpp"
#include "scenario/yaml.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cacheproof::author {
namespace {

using scenario::Node;

tl::unexpected<util::Error> wrong(int line, const std::string& why) {
  return util::failure(
      fmt::format("line {}: {}", line, why), {}, "write it as the other sections are", util::Blame::input);
}

util::Result<std::size_t> entry_of(const Node& map, std::string_view key, const std::string& of) {
  for (std::size_t i = 0; map.is_map() && i < map.entries(); ++i)
    if (map.key(i).is_scalar() && map.key(i).text == key) return i;
  return wrong(map.line, fmt::format("{} has no '{}'", of, key));
}

util::Result<std::vector<std::string>> groups_of(const Node& version, const std::string& name) {
  CP_TRY_ASSIGN(const auto entry, entry_of(version, "groups", name));
  std::vector<std::string> groups;
  for (const auto& group : version.value(entry).children) groups.push_back(group.text);
  return groups;
}

util::Status change(YamlText& yaml, const Node& root, const Pin& pin) {
  CP_TRY_ASSIGN(const auto at, entry_of(root, pin.kind, "the file"));
  const auto& section = root.value(at);
  CP_TRY_ASSIGN(const auto standard, entry_of(section, "default", pin.kind));
  CP_TRY_ASSIGN(const auto versions_at, entry_of(section, "versions", pin.kind));
  const auto& versions = section.value(versions_at);
  const auto& old = section.value(standard).text;
  CP_TRY_ASSIGN(const auto old_at, entry_of(versions, old, pin.kind));
  CP_TRY_ASSIGN(auto groups, groups_of(versions.value(old_at), old));
  CP_TRY(yaml.replace(section, standard, pin.version));
  if (const auto* listed = versions.find(pin.version)) {
    CP_TRY_ASSIGN(const auto own, groups_of(*listed, pin.version));
    for (const auto& group : own)
      if (std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(group);
    return groups == own ? util::Status()
                         : yaml.replace(*listed, entry_of(*listed, "groups", "").value(), yaml_list(groups));
  }
  auto facts = "groups: " + yaml_list(groups);
  if (!pin.buildkit.empty()) facts += ", buildkit: " + pin.buildkit;
  if (!pin.tag.empty()) facts += ", tag: " + pin.tag;
  return yaml.add(versions, pin.version, fmt::format("{{{}, module: {}}}", facts, pin.module));
}

} // namespace

util::Result<std::string> pin(std::string_view text, const std::vector<Pin>& pins) {
  const auto root = scenario::parse_yaml(text);
  if (!root) return wrong(root.error().line, root.error().message);
  YamlText yaml(text);
  for (const auto& each : pins) CP_TRY(change(yaml, *root, each));
  return yaml.text();
}

} // namespace cacheproof::author
