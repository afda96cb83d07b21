#include "engine/builders.hpp"

#include "util/version.hpp"

#include <algorithm>

namespace cacheproof::engine {
namespace {

void add(std::vector<std::string>& all, std::string one) {
  if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(std::move(one));
}

/// `v0.17.3` for `0.17.3`, as rigs are called; what is no version stays as it is.
std::string version_text(const scenario::Text& written, const scenario::Cell& cell) {
  const auto text = scenario::expand(written.value, {cell.begin(), cell.end()});
  const auto version = util::Version::parse(text);
  return version ? version->to_text() : text;
}

} // namespace

std::string builder_of(const scenario::Scenario& scenario, const scenario::Round& round) {
  if (round.builder) return round.builder->value;
  return scenario.builders.named.empty() ? std::string() : scenario.builders.named.front().name;
}

std::string version_of(const Case& planned, const scenario::Round& round) {
  const auto* builder = planned.scenario->builders.find(builder_of(*planned.scenario, round));
  return builder && builder->buildkit ? version_text(*builder->buildkit, planned.cell) : planned.buildkit;
}

std::string rig_of(const Case& planned, const scenario::Round& round) {
  const auto driver = planned.driver.driver;
  return to_text(RigName{builder::is_engines_own(driver) ? "" : version_of(planned, round),
                         planned.driver.docker,
                         driver == builder::Driver::containerd});
}

std::vector<std::string> rigs_of(const Case& planned) {
  std::vector<std::string> all;
  for (const auto& round : planned.scenario->rounds)
    for (const auto& build : scenario::builds_of(round)) add(all, rig_of(planned, build));
  return all;
}

std::vector<std::string> own_versions(const scenario::Scenario& scenario, const scenario::Cell& cell) {
  std::vector<std::string> all;
  for (const auto& builder : scenario.builders.named) {
    if (!builder.buildkit) return {};
    add(all, version_text(*builder.buildkit, cell));
  }
  return all;
}

} // namespace cacheproof::engine
