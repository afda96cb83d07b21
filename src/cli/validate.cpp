#include "cli/commands.hpp"
#include "cli/scenarios.hpp"
#include "engine/exit_code.hpp"
#include "engine/plan.hpp"
#include "scenario/read.hpp"
#include "toolchain/toolchain.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace cacheproof::cli {
namespace {

/// Each line's place, its keys as YAML, and its notes.
void show_command_lines(const std::filesystem::path& file) {
  for (const auto& line : scenario::read(file).command_lines) {
    std::cout << line.spot.file << ':' << line.spot.line << ": build:\n";
    for (const auto& key : util::lines(line.to_yaml())) std::cout << "  " << key << '\n';
    for (const auto& note : line.notes) std::cout << "  # " << note << '\n';
  }
}

} // namespace

void add_validate(CLI::App& app, Session& session) {
  auto* command =
      app.add_subcommand("validate", "Check scenarios without playing them: no Docker, no network, no root");
  auto paths = std::make_shared<std::vector<std::string>>();
  command->add_option("PATH", *paths, "Scenario files, or folders of them (default: scenarios/)");
  auto verbose = std::make_shared<bool>(false);
  command->add_flag("-v,--verbose", *verbose, "Show every build that is a command line as the keys that it means");
  command->footer("\nExample:\n  cacheproof validate scenarios/registry my.yaml\n");
  command->callback([&session, paths, verbose] {
    session.action = [paths, verbose] {
      const auto scenarios = load_scenarios(*paths);
      if (!scenarios) return scenarios.error();
      if (const auto refused = refuse_unclaimed(engine::plan(*scenarios, toolchain::pinned()))) return *refused;
      for (const auto& each : *scenarios)
        if (*verbose) show_command_lines(each->file);
      std::cout << scenarios->size() << (scenarios->size() == 1 ? " scenario is valid\n" : " scenarios are valid\n");
      return 0;
    };
  });
}

} // namespace cacheproof::cli
