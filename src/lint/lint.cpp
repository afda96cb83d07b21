#include "lint/lint.hpp"

#include "lint/cache_attributes.hpp"
#include "lint/cache_story.hpp"
#include "scenario/codes.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>

namespace cacheproof::lint {

std::vector<util::Diagnostic>
for_build(const scenario::Scenario& scenario, const scenario::Round& round, const scenario::Cell& cell) {
  if (round.run) return {}; // what it asks for is its own affair
  const auto build = scenario::merge(scenario.build, round.build);
  // What only a sandbox knows (`${registry}`) stays as it is written: it is no attribute.
  const std::map<std::string, std::string> variables(cell.begin(), cell.end());
  std::vector<util::Diagnostic> found;
  const auto look_at = [&](const std::optional<std::vector<scenario::Text>>& entries, Direction direction) {
    for (const auto& entry : entries.value_or(std::vector<scenario::Text>{})) {
      auto odd = check_cache_entry(entry, scenario::expand(entry.value, variables), direction, scenario.source);
      std::move(odd.begin(), odd.end(), std::back_inserter(found));
    }
  };
  look_at(build.cache_from, Direction::import_from);
  look_at(build.cache_to, Direction::export_to);
  return found;
}

std::vector<util::Diagnostic> check(const scenario::Scenario& scenario) {
  const auto allowed = [&](const util::Diagnostic& one) {
    return std::any_of(scenario.allow.begin(), scenario.allow.end(), [&](const auto& word) {
      return scenario::means(word.value, one.code, one.name);
    });
  };
  std::vector<util::Diagnostic> found;
  const auto add = [&](std::vector<util::Diagnostic> more) {
    for (auto& one : more)
      if (!allowed(one) && std::find(found.begin(), found.end(), one) == found.end()) found.push_back(std::move(one));
  };
  for (const auto& cell : scenario::cells(scenario)) {
    for (const auto& round : scenario.rounds)
      for (const auto& build : scenario::builds_of(round)) add(for_build(scenario, build, cell));
    add(check_caches(scenario, cell));
  }
  return found;
}

} // namespace cacheproof::lint
