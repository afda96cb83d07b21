#pragma once

#include <functional>
#include <stop_token>

namespace CLI {
class App;
}

namespace cacheproof::cli {

/// What the commands share: the wish to stop, and the action that the command line chose. One file per command; each
/// adds its subcommand and says how it is played.
struct Session {
  std::stop_token stop;
  std::function<int()> action; ///< the exit code is its result
};

void add_run(CLI::App& app, Session& session);
void add_new(CLI::App& app, Session& session);
void add_validate(CLI::App& app, Session& session);
void add_list(CLI::App& app, Session& session);
void add_matrix(CLI::App& app, Session& session);
void add_join(CLI::App& app, Session& session);
void add_steps(CLI::App& app, Session& session);
void add_show(CLI::App& app, Session& session);
void add_toolchain(CLI::App& app, Session& session);
void add_clean(CLI::App& app, Session& session);
void add_doctor(CLI::App& app, Session& session);
void add_schema(CLI::App& app, Session& session);
void add_explain(CLI::App& app, Session& session);
void add_git_clone(CLI::App& app, Session& session);

/// Parses the command line, does what it says and returns the exit code.
int run_program(int argc, char** argv);

} // namespace cacheproof::cli
