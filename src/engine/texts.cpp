#include "engine/texts.hpp"

#include "engine/request.hpp"
#include "workspace/texts.hpp"

#include <map>
#include <variant>
#include <vector>

namespace cacheproof::engine {

util::Result<std::shared_ptr<const workspace::Original>> original_of(const scenario::Scenario& scenario) {
  const auto* git = std::get_if<scenario::GitSource>(&scenario.context);
  if (git && git->is_url) return std::shared_ptr<const workspace::Original>();
  return workspace::original(scenario.context);
}

util::Result<std::optional<std::string>>
text_after(const scenario::Scenario& scenario, std::span<const scenario::Edit> edits, const std::string& path) {
  CP_TRY_ASSIGN(auto original, original_of(scenario));
  if (!original) return std::nullopt;
  return workspace::text_after(edits, path, std::move(original));
}

void for_each_build(const scenario::Scenario& scenario, const scenario::Cell& cell, const VisitBuild& visit) {
  std::vector<scenario::Edit> so_far;
  const std::map<std::string, std::string> variables(cell.begin(), cell.end());
  for (const auto& round : scenario.rounds) {
    so_far.insert(so_far.end(), round.edits.begin(), round.edits.end());
    for (const auto& build : scenario::builds_of(round)) {
      const auto request = make_request(scenario::merge(scenario.build, build.build), variables, {});
      visit(build,
            request,
            request.dockerfile_text
                ? request.dockerfile_text
                : text_after(scenario, so_far, dockerfile_path(request, {})).value_or(std::nullopt));
    }
  }
}

} // namespace cacheproof::engine
