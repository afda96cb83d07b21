#include "cli/selection.hpp"

#include "engine/drivers.hpp"
#include "engine/durations.hpp"
#include "toolchain/select.hpp"

#include <CLI/CLI.hpp>

namespace cacheproof::cli {

void add_selection(CLI::App& command, Selection& selection) {
  command.add_option("PATH", selection.paths, "Scenario files, or folders of them (default: scenarios/)");
  const auto add = [&](const char* name, std::vector<std::string>& values, const char* help) {
    command.add_option(name, values, help)->delimiter(',')->allow_extra_args(false); // what follows is a PATH
  };
  add("--buildkit",
      selection.versions,
      "BuildKit versions: v0.34.2, a range like '>=0.24' of the pinned ones, a group (smoke, nightly, all), latest, or "
      "path:DIR with a buildkitd and buildctl (default: the pinned default)");
  add("--driver",
      selection.drivers,
      "What starts the builds: buildctl (of the daemon's version), buildx (with its driver `remote`), or both "
      "(default: buildctl)");
  add("--buildx", selection.buildx, "Versions of buildx likewise, for --driver buildx (default: the pinned default)");
  command.add_option("--filter", selection.filter, "Only cases whose id has a part that this glob matches");
}

util::Result<Chosen> choose(const Selection& selection, const std::optional<toolchain::Options>& online) {
  using toolchain::Kind;
  Chosen chosen;
  CP_TRY_ASSIGN(chosen.versions, toolchain::choose(Kind::buildkit, selection.versions, online));
  if (chosen.versions.empty()) chosen.versions = {toolchain::default_version()};
  CP_TRY_ASSIGN(const auto buildx, toolchain::choose(Kind::buildx, selection.buildx, online));
  CP_TRY_ASSIGN(chosen.drivers, engine::choose_drivers(selection.drivers, buildx));
  return chosen;
}

util::Result<engine::Durations> read_durations(const std::string& folder) {
  return folder.empty() ? engine::Durations{} : engine::read_durations(folder);
}

util::Error nothing_chosen(const Selection& selection) {
  return {util::Blame::rig,
          "nothing was played: no case matches the filter '" + selection.filter + "'",
          {},
          "`cacheproof list` prints the ids that a filter is matched against"};
}

} // namespace cacheproof::cli
