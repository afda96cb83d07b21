#include "engine/plan.hpp"

#include "engine/builders.hpp"
#include "engine/drivers.hpp"
#include "engine/frontends.hpp"
#include "toolchain/select.hpp"
#include "toolchain/toolchain.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <map>

namespace cacheproof::engine {
namespace {

/// `mode=max` for the value `mode=max` of any dimension that says its own name, else `dimension=value`.
std::string cell_text(const scenario::Cell& cell) {
  std::vector<std::string> parts;
  for (const auto& [dimension, value] : cell)
    parts.push_back(value.find('=') == std::string::npos ? fmt::format("{}={}", dimension, value) : value);
  return parts.empty() ? "" : "[" + util::join(parts, ",") + "]";
}

/// Before the version of an engine, where BuildKit's could stand.
const std::string k_engine = "docker@";
const std::string k_with_containerd = "docker-containerd@";

/// Where these versions are played, or engines alone, which have their own.
std::vector<scenario::Cell> cells_of(const scenario::Scenario& scenario, const std::vector<std::string>& versions) {
  scenario::Scenario only_matrix;
  only_matrix.matrix = scenario.matrix;
  for (auto& [dimension, values] : only_matrix.matrix)
    if (values.empty()) values = versions.empty() ? std::vector{toolchain::default_version()} : versions;
  return scenario::cells(only_matrix);
}

/// Nothing for BuildKit's own client.
std::string driver_text(const DriverChoice& driver) {
  if (driver.driver == builder::Driver::buildctl) return "";
  return "+buildx@" + driver.version
         + (driver.driver == builder::Driver::container ? "+" + to_text(RigName{{}, driver.docker, false}) : "")
         + (driver.engine == builder::Engine::own ? "" : fmt::format("+engine@{}", to_text(driver.engine)));
}

void add_cases(std::vector<Case>& cases,
               const std::shared_ptr<const scenario::Scenario>& scenario,
               const std::string& frontend,
               const std::vector<std::string>& versions,
               const std::vector<DriverChoice>& drivers) {
  for (const auto& cell : cells_of(*scenario, versions)) {
    const auto add = [&](const std::string& version, const std::string& shown, const DriverChoice& driver) {
      cases.push_back({scenario,
                       cell,
                       version,
                       fmt::format("{}{}@{}{}{}",
                                   scenario->id,
                                   cell_text(cell),
                                   shown,
                                   driver_text(driver),
                                   frontend.empty() ? "" : "+frontend@" + shown_frontend(frontend)),
                       driver,
                       frontend});
    };
    const auto add_each = [&](const std::string& version, const std::string& shown) {
      for (const auto& driver : drivers)
        if (!builder::is_engines_own(driver.driver)) add(version, shown, driver);
    };
    if (const auto own = own_versions(*scenario, cell); !own.empty())
      add_each(own.front(), util::join(own, "+"));
    else
      for (const auto& version : versions) add_each(version, version);
    for (const auto& driver : drivers)
      if (builder::is_engines_own(driver.driver)) add(embedded_buildkit(driver), engine_name(driver), driver);
  }
}

} // namespace

std::string engine_name(const DriverChoice& driver) {
  if (!builder::is_engines_own(driver.driver)) return "";
  return to_text(RigName{{}, driver.docker, driver.driver == builder::Driver::containerd});
}

std::string to_text(const RigName& name) {
  if (name.docker.empty()) return name.buildkit;
  const auto engine = (name.containerd ? k_with_containerd : k_engine) + name.docker;
  return name.buildkit.empty() ? engine : name.buildkit + "+" + engine;
}

RigName parse_rig_name(const std::string& text) {
  if (text.starts_with(k_with_containerd)) return {{}, text.substr(k_with_containerd.size()), true};
  const auto engine = text.find(k_engine);
  if (engine == text.npos || toolchain::is_own(text)) return {text, {}};
  return {text.substr(0, engine == 0 ? 0 : engine - 1), text.substr(engine + k_engine.size())};
}

std::vector<Case> plan(const std::vector<std::shared_ptr<const scenario::Scenario>>& scenarios,
                       const std::vector<std::string>& versions,
                       const std::vector<DriverChoice>& drivers,
                       const std::vector<std::string>& frontends) {
  std::vector<Case> cases;
  for (const auto& scenario : scenarios)
    for (const auto& frontend : chooses_frontend(*scenario) ? std::vector<std::string>{""} : frontends)
      add_cases(cases, with_frontend(scenario, frontend), frontend, versions, drivers);
  return cases;
}

std::optional<std::pair<std::string, std::string>> collision(const std::vector<Case>& cases) {
  std::map<std::string, std::string> ids;
  for (const auto& planned : cases)
    if (const auto [other, fresh] = ids.emplace(plain_id(planned.id), planned.id); !fresh)
      return std::pair(other->second, planned.id);
  return {};
}

bool selects(std::string_view filter, const Case& planned) {
  return filter.empty() || util::glob_match(fmt::format("*{}*", filter), planned.id);
}

bool lines_name(const scenario::Scenario& scenario, std::string_view program) {
  for (const auto& round : scenario.rounds)
    for (const auto& build : scenario::builds_of(round))
      if (build.run && build.run->value.find(program) != std::string::npos) return true;
  return false;
}

bool needs_buildx(const scenario::Scenario& scenario) {
  return lines_name(scenario, "docker") || lines_name(scenario, "buildx");
}

std::string plain_id(std::string_view id) {
  std::string plain;
  for (const char c : id) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (kept) {
      plain += c;
    } else if (!plain.empty() && plain.back() != '_') {
      plain += '_';
    }
  }
  while (!plain.empty() && plain.back() == '_') plain.pop_back();
  return plain;
}

} // namespace cacheproof::engine
