#include "scenario/usage.hpp"

#include "scenario/shape.hpp"
#include "scenario/yaml.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace cacheproof::scenario {
namespace {

using Kind = Shape::Kind;
constexpr std::size_t k_shown = 3;

/// Walks a value and its shape side by side.
class Walk {
public:
  std::set<UsedKey> used;

  void visit(const Shape& shape, const Node& node) {
    switch (shape.kind) {
    case Kind::table:
      return table(shape, node);
    case Kind::list:
      if (node.is_sequence())
        for (const auto& item : node.children) visit(shape.of[0], item);
      return;
    case Kind::names:
      for (std::size_t i = 0; i < node.entries() && node.is_map(); ++i) visit(shape.of[0], node.value(i));
      return;
    case Kind::one_of:
      for (const auto& each : shape.of) visit(each, node);
      return;
    case Kind::conditions:
      return table(shape.of[0], node);
    case Kind::alternatives:
      return alternatives(shape, node);
    default:
      return;
    }
  }

private:
  void table(const Shape& shape, const Node& node) {
    if (!node.is_map()) return;
    for (const auto& key : shape.keys())
      if (const auto* value = node.find(key.name)) {
        used.emplace(shape.name, key.name);
        visit(*key.shape, *value);
      }
  }

  void alternatives(const Shape& shape, const Node& node) {
    visit(shape.of[0], node);
    if (!node.is_sequence()) return;
    for (const auto& item : node.children) {
      const auto* when = item.find("when");
      if (!when) continue;
      visit(shape.of[1], *when);
      visit(shape.of[0], item); // keys beside `when`
      for (const auto& word : shape.words)
        if (const auto* value = item.find(word)) visit(shape.of[0], *value);
    }
  }
};

std::string cell(const KeyFacts& key, const std::vector<std::string>& users) {
  if (users.empty()) return key.built ? "*none yet*" : "*not played yet*";
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < std::min(users.size(), k_shown); ++i) shown.push_back(fmt::format("`{}`", users[i]));
  return util::join(shown, ", ") + (users.size() > k_shown ? ", …" : "");
}

} // namespace

std::set<UsedKey> used_keys(std::string_view yaml) {
  const auto root = parse_yaml(yaml);
  if (!root) return {};
  Walk walk;
  walk.visit(language(), *root);
  return walk.used;
}

std::string with_usage(std::string_view text, const std::map<std::string, std::string>& scenarios) {
  constexpr std::string_view begin = "<!-- usage -->\n";
  const auto at = text.find(begin);
  const auto end = at == std::string_view::npos ? at : text.find("<!-- end -->", at);
  if (end == std::string_view::npos) return std::string(text);
  std::map<UsedKey, std::vector<std::string>> users;
  for (const auto& [id, yaml] : scenarios)
    for (const auto& key : used_keys(yaml)) users[key].push_back(id);

  auto all = std::string(text.substr(0, at + begin.size())) + "| table | key | used by |\n| --- | --- | --- |\n";
  for (const auto& [table, keys] : tables())
    for (const auto& key : keys)
      all += fmt::format("| {} | `{}` | {} |\n", table, key.name, cell(key, users[{table, std::string(key.name)}]));
  return all += text.substr(end);
}

} // namespace cacheproof::scenario
