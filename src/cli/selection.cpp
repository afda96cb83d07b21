#include "cli/selection.hpp"

#include <CLI/CLI.hpp>

namespace cacheproof::cli {

void add_selection(CLI::App& command, Selection& selection) {
  command.add_option("PATH", selection.paths, "Scenario files, or folders of them (default: scenarios/)");
  const auto add = [&](const char* name, std::vector<std::string>& values, const char* help) {
    command.add_option(name, values, help)->delimiter(',')->allow_extra_args(false); // what follows is a PATH
  };
  add("--buildkit",
      selection.versions,
      "BuildKit versions, or path:DIR with a buildkitd and buildctl (default: the pinned default)");
  add("--driver",
      selection.drivers,
      "What starts the builds: buildctl (of the daemon's version), buildx (with its driver `remote`), or both "
      "(default: buildctl)");
  add("--buildx", selection.buildx, "Versions of buildx, for --driver buildx (default: the pinned default)");
  command.add_option("--filter", selection.filter, "Only cases whose id has a part that this glob matches");
}

} // namespace cacheproof::cli
