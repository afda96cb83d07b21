#include "cli/commands.hpp"
#include "cli/scenarios.hpp"
#include "engine/exit_code.hpp"
#include "engine/plan.hpp"
#include "toolchain/toolchain.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace cacheproof::cli {

void add_list(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("list", "List the cases that would be played: id, tags, title");
  struct Options {
    std::vector<std::string> paths;
    std::vector<std::string> versions;
    std::string filter;
  };
  auto options = std::make_shared<Options>();
  command->add_option("PATH", options->paths, "Scenario files, or folders of them (default: scenarios/)");
  command->add_option("--buildkit", options->versions, "BuildKit versions (default: the pinned default)")
      ->delimiter(',')
      ->allow_extra_args(false); // what follows is a PATH
  command->add_option("--filter", options->filter, "Only cases whose id has a part that this glob matches");
  command->callback([&session, options] {
    session.action = [options] {
      const auto scenarios = load_scenarios(options->paths);
      if (!scenarios) return scenarios.error();
      if (options->versions.empty()) options->versions = {toolchain::default_version()};
      for (const auto& planned : engine::plan(*scenarios, options->versions))
        if (engine::selects(options->filter, planned))
          std::cout << planned.id << "\t" << util::join(planned.scenario->tags, ",") << "\t" << planned.scenario->title
                    << '\n';
      return 0;
    };
  });
}

} // namespace cacheproof::cli
