#include "scenario/schema.hpp"

#include "cli/commands.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace cacheproof::cli {

void add_schema(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("schema", "Print the language of scenarios as JSON Schema, for editors");
  command->footer("\nExample:\n  cacheproof schema > scenario.schema.json\n");
  command->callback([&session] {
    session.action = [] {
      std::cout << scenario::json_schema();
      return 0;
    };
  });
}

} // namespace cacheproof::cli
