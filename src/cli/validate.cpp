#include "cli/commands.hpp"
#include "cli/scenarios.hpp"
#include "engine/exit_code.hpp"
#include "engine/plan.hpp"
#include "toolchain/toolchain.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace cacheproof::cli {

void add_validate(CLI::App& app, Session& session) {
  auto* command =
      app.add_subcommand("validate", "Check scenarios without playing them: no Docker, no network, no root");
  auto paths = std::make_shared<std::vector<std::string>>();
  command->add_option("PATH", *paths, "Scenario files, or folders of them (default: scenarios/)");
  command->footer("\nExample:\n  cacheproof validate scenarios/registry my.yaml\n");
  command->callback([&session, paths] {
    session.action = [paths] {
      const auto scenarios = load_scenarios(*paths);
      if (!scenarios) return scenarios.error();
      if (const auto refused = refuse_unclaimed(engine::plan(*scenarios, toolchain::pinned()))) return *refused;
      std::cout << scenarios->size() << (scenarios->size() == 1 ? " scenario is valid\n" : " scenarios are valid\n");
      return 0;
    };
  });
}

} // namespace cacheproof::cli
