#include "engine/engines.hpp"

#include "engine/images.hpp"
#include "engine/play_result.hpp"
#include "engine/request.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cacheproof::engine {
namespace {

using Why = std::optional<std::string>;

/// dockerd.cpp: it knows mirrors of Docker Hub alone.
Why foreign_image(const Case& planned) {
  const auto served = base_images(*planned.scenario);
  auto images = served ? *served : std::vector<oci::Reference>();
  for (auto& image : upstream_images(*planned.scenario, planned.cell)) images.push_back(std::move(image));
  for (const auto& image : images)
    if (image.host != "docker.io")
      return fmt::format("an engine has no mirror of {}, where {} comes from", image.host, oci::to_text(image));
  return {};
}

bool is_alone(const scenario::Scenario& scenario) {
  return std::all_of(
      scenario.rounds.begin(), scenario.rounds.end(), [](const auto& round) { return round.parallel.empty(); });
}

Why unmet_in(const Case& planned, const scenario::Round& round) {
  if (round.run) return "the command line of a `run` builds on a BuildKit, not on an engine";
  for (const auto& action : round.actions)
    if (action.kind == scenario::Action::Kind::prune) return "`prune` is buildctl's";
  const auto demand = demand_of(*planned.scenario, round);
  if (demand.image && builder::has_graph_driver(planned.driver) && demand.as_image)
    return fmt::format("Docker {} exports no image whose config could be read", planned.driver.docker);
  return {};
}

Why unmet_by_container(const scenario::Scenario& scenario) {
  for (const auto& round : scenario.rounds) {
    for (const auto& action : round.actions)
      if (action.kind == scenario::Action::Kind::prune || action.kind == scenario::Action::Kind::restart_builder)
        return "nothing prunes or restarts a BuildKit in a container";
    for (const auto& build : scenario::builds_of(round))
      if (build.run) return "the command line of a `run` builds on a BuildKit, not in a container of an engine";
  }
  return {};
}

} // namespace

std::optional<std::string> unmet_by_engine(const Case& planned) {
  if (planned.driver.docker.empty()) return {};
  const auto& scenario = *planned.scenario;
  if (scenario.daemon) return "`setup.daemon` is of a buildkitd, and an engine has none";
  if (planned.driver.driver == builder::Driver::container) return unmet_by_container(scenario);
  for (const auto& builder : scenario.builders.named)
    if (builder.buildkit) return "its builders name versions of BuildKit, and an engine has its own";
  if (auto why = foreign_image(planned)) return why;
  if (builder::has_no_history(planned.driver) && !is_alone(scenario))
    return fmt::format("Docker {} keeps no history, which tells builds apart", planned.driver.docker);
  for (const auto& round : scenario.rounds)
    for (const auto& build : scenario::builds_of(round))
      if (auto why = unmet_in(planned, build)) return why;
  return {};
}

} // namespace cacheproof::engine
