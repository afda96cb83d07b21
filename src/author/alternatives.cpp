#include "author/alternatives.hpp"

#include "author/yaml_text.hpp"
#include "util/text.hpp"
#include "util/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace cacheproof::author {
namespace {

using Strings = std::vector<std::string>;

std::string value_in(const evidence::CaseEvidence& played, const std::string& dimension) {
  for (const auto& [name, value] : played.cell)
    if (name == dimension) return value;
  return {};
}

std::string
alternative(const std::string& dimension, const std::string& when, const std::string& key, const std::string& value) {
  return fmt::format("{{when: {{{}: {}}}, {}: {}}}", dimension, when, key, value);
}

/// One alternative for each value that is wished for, in the order of the dimension's values.
std::optional<std::string> by_dimension(const std::string& dimension,
                                        const Strings& values,
                                        const std::vector<Wish>& wishes,
                                        const std::string& key) {
  std::map<std::string, std::string> wished; // by value of the dimension
  for (const auto& wish : wishes)
    if (const auto [found, fresh] = wished.emplace(value_in(*wish.by, dimension), wish.value);
        !fresh && found->second != wish.value)
      return std::nullopt;
  std::vector<std::pair<std::string, Strings>> groups; // wish → values
  for (const auto& value : values) {
    const auto wish = wished.find(value);
    if (wish == wished.end()) continue; // was not played
    auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& one) { return one.first == wish->second; });
    if (group == groups.end()) group = groups.insert(groups.end(), {wish->second, {}});
    group->second.push_back(value);
  }
  Strings all;
  for (const auto& [wish, of] : groups)
    all.push_back(alternative(dimension, of.size() == 1 ? yaml_word(of.front()) : yaml_list(of), key, wish));
  return "[" + util::join(all, ", ") + "]";
}

std::optional<std::string> by_version(const std::vector<Wish>& wishes, const std::string& key) {
  std::map<util::Version, std::string> wished;
  for (const auto& wish : wishes) {
    const auto version = util::Version::parse(wish.by->buildkit);
    if (!version) return std::nullopt;
    if (const auto [found, fresh] = wished.emplace(*version, wish.value); !fresh && found->second != wish.value)
      return std::nullopt;
  }
  std::vector<std::pair<std::string, std::string>> ranges; // wish → its first version
  for (const auto& [version, wish] : wished)
    if (ranges.empty() || ranges.back().first != wish) ranges.emplace_back(wish, version.to_text().substr(1));
  Strings all;
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    std::string range = i == 0 ? "" : ">=" + ranges[i].second;
    if (i + 1 < ranges.size()) range += fmt::format("{}<{}", range.empty() ? "" : " ", ranges[i + 1].second);
    all.push_back(alternative("buildkit", fmt::format("\"{}\"", range), key, ranges[i].first));
  }
  return "[" + util::join(all, ", ") + "]";
}

} // namespace

std::optional<std::string>
alternatives(const scenario::Scenario& scenario, const std::vector<Wish>& wishes, const std::string& key) {
  for (const auto& [dimension, values] : scenario.matrix)
    if (auto text = by_dimension(dimension, values, wishes, key)) return text;
  return by_version(wishes, key);
}

} // namespace cacheproof::author
