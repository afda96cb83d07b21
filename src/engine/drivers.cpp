#include "engine/drivers.hpp"

#include "toolchain/toolchain.hpp"
#include "util/text.hpp"
#include "util/version.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cacheproof::engine {
namespace {

util::Status add(std::vector<DriverChoice>& all, DriverChoice choice, const std::string& written) {
  if (std::find(all.begin(), all.end(), choice) != all.end())
    return util::failure(fmt::format("{} is named twice", written), {}, "name it once", util::Blame::usage);
  all.push_back(std::move(choice));
  return {};
}

std::string names_of_drivers() {
  std::vector<std::string> names;
  for (const auto driver : builder::k_drivers) names.emplace_back(to_text(driver));
  return util::join(names, ", ");
}

/// Without any the pinned default.
std::vector<std::string> or_default(std::vector<std::string> versions, toolchain::Kind kind) {
  if (versions.empty()) versions = {toolchain::default_version(kind)};
  return versions;
}

} // namespace

util::Result<std::vector<DriverChoice>> choose_drivers(const std::vector<std::string>& drivers,
                                                       const std::vector<std::string>& buildx,
                                                       const std::vector<std::string>& docker) {
  using builder::Driver;
  using toolchain::Kind;
  std::vector<DriverChoice> all;
  const auto clients = or_default(buildx, Kind::buildx);
  const auto engines = or_default(docker, Kind::docker);
  for (const auto& written : drivers.empty() ? std::vector<std::string>{"buildctl"} : drivers) {
    const auto driver = builder::parse_driver(written);
    if (!driver)
      return util::failure(
          fmt::format("--driver={} is no driver", written), {}, "one of: " + names_of_drivers(), util::Blame::usage);
    if (*driver == Driver::buildctl) {
      CP_TRY(add(all, {}, "--driver=" + written));
      continue;
    }
    for (const auto& version : clients) {
      if (*driver == Driver::buildx) {
        CP_TRY(add(all, {*driver, version, {}}, "buildx " + version));
        continue;
      }
      for (const auto& engine : engines)
        if (*driver != Driver::containerd || builder::can_be_told(engine))
          CP_TRY(add(all, {*driver, version, engine}, fmt::format("{} {} with buildx {}", written, engine, version)));
    }
  }
  if (all.empty())
    return util::failure("none of these engines can be told to keep its images in containerd",
                         "--driver=docker-containerd",
                         "name some of 26 to 28 with --docker; 29 does it by itself: --driver docker",
                         util::Blame::usage);
  const auto any = [&](auto is) { return std::any_of(all.begin(), all.end(), is); };
  if (!buildx.empty() && !any([](const auto& choice) { return choice.driver != Driver::buildctl; }))
    return util::failure(
        "--buildx names versions that nothing would be built with", {}, "add --driver buildx", util::Blame::usage);
  if (!docker.empty() && !any([](const auto& choice) { return !choice.docker.empty(); }))
    return util::failure(
        "--docker names versions that nothing would be built on", {}, "add --driver docker", util::Blame::usage);
  return all;
}

std::string embedded_buildkit(const DriverChoice& driver) {
  auto pinned = toolchain::embedded_buildkit(driver.docker);
  return pinned.empty() ? driver.embedded : pinned;
}

util::Result<std::vector<DriverChoice>>
in_users_engine(const std::vector<DriverChoice>& drivers, builder::Engine whose, const sandbox::UsersEngine& engine) {
  using builder::Driver;
  const bool images_in_containerd = engine.images_in_containerd;
  std::vector<DriverChoice> all;
  for (auto choice : drivers) {
    if (builder::needs_engine(choice.driver)) choice.engine = whose;
    if (builder::is_engines_own(choice.driver)) {
      if (const auto buildkit = util::Version::parse(engine.buildkit)) choice.embedded = buildkit->to_text();
      const bool told = images_in_containerd && builder::can_be_told(choice.docker);
      if (choice.driver == Driver::containerd && !told)
        return util::failure(fmt::format("your Docker {} does not keep its images in containerd", choice.docker),
                             {},
                             "--driver docker",
                             util::Blame::usage);
      choice.driver = told ? Driver::containerd : Driver::docker;
      if (images_in_containerd == builder::has_graph_driver(choice))
        return util::failure(fmt::format("your Docker {} keeps its images {}, as no other of its version does",
                                         choice.docker,
                                         images_in_containerd ? "in containerd" : "with a graph driver"),
                             {},
                             "take one of cacheproof's own: --engine=own");
    }
    if (std::find(all.begin(), all.end(), choice) == all.end()) all.push_back(std::move(choice));
  }
  return all;
}

bool need_buildkit(const std::vector<DriverChoice>& drivers) {
  return std::any_of(
      drivers.begin(), drivers.end(), [](const auto& each) { return !builder::is_engines_own(each.driver); });
}

const std::string& buildx_of(const DriverChoice& driver) {
  return driver.version.empty() ? toolchain::default_version(toolchain::Kind::buildx) : driver.version;
}

std::vector<std::string> buildx_needed(const std::vector<DriverChoice>& drivers,
                                       const std::vector<std::shared_ptr<const scenario::Scenario>>& scenarios) {
  const bool by_lines =
      std::any_of(scenarios.begin(), scenarios.end(), [](const auto& each) { return needs_buildx(*each); });
  std::vector<std::string> versions;
  for (const auto& driver : drivers)
    if (const auto& version = buildx_of(driver);
        (by_lines || driver.driver != builder::Driver::buildctl)
        && std::find(versions.begin(), versions.end(), version) == versions.end())
      versions.push_back(version);
  return versions;
}

} // namespace cacheproof::engine
