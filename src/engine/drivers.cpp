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

} // namespace

util::Result<std::vector<DriverChoice>> choose_drivers(const std::vector<std::string>& drivers,
                                                       const std::vector<std::string>& buildx) {
  using builder::Driver;
  std::vector<DriverChoice> all;
  const auto versions =
      buildx.empty() ? std::vector<std::string>{toolchain::default_version(toolchain::Kind::buildx)} : buildx;
  for (const auto& written : drivers.empty() ? std::vector<std::string>{"buildctl"} : drivers) {
    const auto driver = builder::parse_driver(written);
    if (!driver)
      return util::failure(
          fmt::format("--driver={} is no driver", written), {}, "one of: " + names_of_drivers(), util::Blame::usage);
    if (*driver == Driver::buildctl) {
      CP_TRY(add(all, {}, "--driver=" + written));
      continue;
    }
    for (const auto& version : versions) {
      if (!util::Version::parse(version))
        return util::failure(
            fmt::format("--buildx={} is no version", version), {}, "one like v0.36.1", util::Blame::usage);
      CP_TRY(add(all, {*driver, version}, "buildx " + version));
    }
  }
  const bool built_with =
      std::any_of(all.begin(), all.end(), [](const auto& choice) { return choice.driver == Driver::buildx; });
  if (!buildx.empty() && !built_with)
    return util::failure(
        "--buildx names versions that nothing would be built with", {}, "add --driver buildx", util::Blame::usage);
  return all;
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
        (by_lines || driver.driver == builder::Driver::buildx)
        && std::find(versions.begin(), versions.end(), version) == versions.end())
      versions.push_back(version);
  return versions;
}

} // namespace cacheproof::engine
