#include "cli/commands.hpp"
#include "cli/scenarios.hpp"
#include "engine/exit_code.hpp"
#include "evidence/case.hpp"
#include "report/console.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace cacheproof::cli {

void add_show(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("show", "Print the verdict of a saved case or run again, from its evidence");
  struct Options {
    std::string folder;
    bool verbose = false;
  };
  auto options = std::make_shared<Options>();
  command->add_option("DIR", options->folder, "A folder of evidence: a case, a run, or all of cacheproof-out")
      ->required();
  command->add_flag("-v,--verbose", options->verbose, "Also the client's command lines and every step");
  command->footer("\nExample:\n  cacheproof show cacheproof-out\n\nThe exit code is the one the run had.\n");
  command->callback([&session, options] {
    session.action = [options] {
      const auto folders = evidence::find_cases(options->folder);
      if (folders.empty())
        return report_error({util::Blame::usage,
                             "no evidence of a case in " + options->folder,
                             {},
                             "name a folder that `cacheproof run` wrote, e.g. one below cacheproof-out"});
      std::vector<evidence::CaseEvidence> all;
      for (const auto& folder : folders) {
        auto loaded = evidence::load(folder);
        if (!loaded) return report_error(loaded.error());
        report::print_case(std::cout, *loaded, folder, report::console_options(options->verbose));
        all.push_back(std::move(*loaded));
      }
      return engine::exit_code(all);
    };
  });
}

} // namespace cacheproof::cli
