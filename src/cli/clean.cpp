#include "cli/commands.hpp"
#include "cli/rootless.hpp"
#include "cli/scenarios.hpp"
#include "engine/rig.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace cacheproof::cli {

void add_clean(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("clean", "Remove what killed runs left: processes, mounts, containers, folders");
  auto dry_run = std::make_shared<bool>(false);
  command->add_flag("-n,--dry-run", *dry_run, "Only print what would be removed");
  command->footer("\nWhat a live run uses is never touched. Every run does the same at its start.\n");
  command->callback([&session, dry_run] {
    session.action = [dry_run, stop = session.stop] {
      // What a plain user's daemons left belongs to ids that only its namespace can touch.
      if (lacks_for_rootless().empty()) {
        const auto inside = run_inside(stop);
        if (!inside) return report_error(inside.error());
        if (*inside) return **inside;
      }
      const auto done = engine::sweep(*dry_run);
      for (const auto& line : done) std::cout << line << '\n';
      if (done.empty()) std::cout << "nothing was left behind\n";
      return 0;
    };
  });
}

} // namespace cacheproof::cli
