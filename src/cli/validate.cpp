#include "cli/commands.hpp"
#include "cli/scenarios.hpp"
#include "engine/exit_code.hpp"
#include "engine/plan.hpp"
#include "toolchain/toolchain.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <iterator>

namespace cacheproof::cli {
namespace {

/// Each line's place, its keys as YAML, and its notes.
void show(const std::vector<scenario::CommandLine>& lines) {
  for (const auto& line : lines) {
    std::cout << line.spot.file << ':' << line.spot.line << ": build:\n";
    for (const auto& key : util::lines(line.to_yaml())) std::cout << "  " << key << '\n';
    for (const auto& note : line.notes) std::cout << "  # " << note << '\n';
  }
}

} // namespace

void add_validate(CLI::App& app, Session& session) {
  auto* command =
      app.add_subcommand("validate", "Check scenarios without playing them: no Docker, no network, no root");
  struct Options {
    std::vector<std::string> paths;
    Format format = Format::text;
    bool verbose = false;
  };
  auto options = std::make_shared<Options>();
  command->add_option("PATH", options->paths, "Scenario files, or folders of them (default: scenarios/)");
  command->add_flag(
      "-v,--verbose", options->verbose, "Show every build that is a command line as the keys that it means");
  add_format(*command, options->format);
  command->footer("\nExamples:\n"
                  "  cacheproof validate scenarios/registry my.yaml\n"
                  "  cacheproof validate --format=github\n");
  command->callback([&session, options] {
    session.action = [options] {
      auto loaded = find_scenarios(options->paths);
      if (!loaded) return loaded.error();
      auto& all = loaded->diagnostics;
      if (!util::any_error(all)) {
        auto more = engine::unclaimed(engine::plan(loaded->scenarios, toolchain::pinned()));
        std::move(more.begin(), more.end(), std::back_inserter(all));
        util::sort_by_place(all);
      }
      print(all, options->format);
      if (util::any_error(all)) return engine::k_exit_invalid_scenario;
      if (options->verbose && options->format == Format::text) show(loaded->command_lines);
      const auto count = loaded->scenarios.size();
      if (options->format == Format::text)
        std::cout << count << (count == 1 ? " scenario is valid\n" : " scenarios are valid\n");
      return 0;
    };
  });
}

} // namespace cacheproof::cli
