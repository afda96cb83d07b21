#include "cli/commands.hpp"
#include "engine/repositories.hpp"

#include <CLI/CLI.hpp>

#include <memory>
#include <string>

namespace cacheproof::cli {

/// For the program itself (engine/repositories.hpp): `--help` does not name it.
void add_git_clone(CLI::App& app, Session& session) {
  struct Options {
    std::string url;
    std::string folder;
    unsigned silence = 0;
  };
  const auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand(engine::k_clone_word, "Clone one repository and end")->group("");
  command->add_option("URL", options->url)->required();
  command->add_option("FOLDER", options->folder)->required();
  command->add_option("SECONDS", options->silence, "How long nothing may come")->required();
  command->callback([&session, options] {
    session.action = [options] {
      return engine::clone_alone(options->url, options->folder, std::chrono::seconds(options->silence));
    };
  });
}

} // namespace cacheproof::cli
