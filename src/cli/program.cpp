#include "cli/commands.hpp"
#include "engine/exit_code.hpp"
#include "process/signals.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

namespace cacheproof::cli {
namespace {

constexpr const char* k_about =
    R"(Proves what a Docker build cache does: plays scenarios on real BuildKit daemons against a real registry.)";

constexpr const char* k_footer = R"(
Examples:
  cacheproof run                                   the corpus in scenarios/ on the default BuildKit
  cacheproof run my.yaml --buildkit v0.17.3,v0.34.2
  cacheproof run --filter 'registry/*mode=max*'
  cacheproof new -- docker buildx build .          writes a scenario of your own project
  cacheproof run --accept my.yaml                  writes what is seen into its claims
  cacheproof validate my.yaml                      no Docker, no network, no root
  cacheproof steps docker/Dockerfile               its steps as claims name them
  cacheproof show cacheproof-out/RUN/CASE          a verdict again, from its evidence
  cacheproof doctor                                what this machine can do, and what to do about the rest

Exit codes:
  0    everything that was judged passed
  1    a claim about the cache failed, or a known issue is stale
  2    the rig failed (no verdict about the cache), or nothing was judged
  3    a scenario is invalid: nothing was played
  64   wrong usage
  129, 130, 143   ended by SIGHUP, SIGINT, SIGTERM
)";

} // namespace

int run_program(int argc, char** argv) {
  CLI::App app{k_about, "cacheproof"};
  app.footer(k_footer);
  app.set_version_flag("--version", "cacheproof " CACHEPROOF_VERSION);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::help);

  const process::StopOnSignals signals;
  Session session{signals.token(), {}};
  add_run(app, session);
  add_new(app, session);
  add_validate(app, session);
  add_list(app, session);
  add_matrix(app, session);
  add_join(app, session);
  add_steps(app, session);
  add_show(app, session);
  add_toolchain(app, session);
  add_clean(app, session);
  add_doctor(app, session);
  add_schema(app, session);
  add_explain(app, session);
  add_git_clone(app, session);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error); // --help and --version
    const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
    const bool unknown =
        argc > 1 && argv[1][0] != '-'
        && std::none_of(commands.begin(), commands.end(), [&](auto* one) { return one->check_name(argv[1]); });
    std::cerr << "cacheproof: " << (unknown ? fmt::format("there is no command '{}'", argv[1]) : error.what())
              << "\nRun with --help for more information.\n";
    return engine::k_exit_usage;
  }
  const int code = session.action();
  return signals.signal() != 0 ? 128 + signals.signal() : code;
}

} // namespace cacheproof::cli
