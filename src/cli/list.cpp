#include "cli/commands.hpp"
#include "cli/scenarios.hpp"
#include "cli/selection.hpp"
#include "engine/drivers.hpp"
#include "engine/exit_code.hpp"
#include "engine/plan.hpp"
#include "toolchain/toolchain.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace cacheproof::cli {

void add_list(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("list", "List the cases that would be played: id, tags, title");
  auto chosen = std::make_shared<Selection>();
  add_selection(*command, *chosen);
  command->callback([&session, chosen] {
    session.action = [chosen] {
      const auto drivers = engine::choose_drivers(chosen->drivers, chosen->buildx);
      if (!drivers) return report_error(drivers.error());
      const auto scenarios = load_scenarios(chosen->paths);
      if (!scenarios) return scenarios.error();
      if (chosen->versions.empty()) chosen->versions = {toolchain::default_version()};
      for (const auto& planned : engine::plan(*scenarios, chosen->versions, *drivers))
        if (engine::selects(chosen->filter, planned))
          std::cout << planned.id << "\t" << util::join(planned.scenario->tags, ",") << "\t" << planned.scenario->title
                    << '\n';
      return 0;
    };
  });
}

} // namespace cacheproof::cli
