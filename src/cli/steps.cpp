#include "cli/commands.hpp"
#include "cli/scenarios.hpp"
#include "dockerfile/dockerfile.hpp"
#include "dockerfile/names.hpp"
#include "engine/exit_code.hpp"
#include "engine/request.hpp"
#include "engine/texts.hpp"
#include "scenario/read.hpp"
#include "util/files.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <optional>

namespace cacheproof::cli {
namespace {

namespace fs = std::filesystem;

/// A Dockerfile, and what is asked of it.
struct Asked {
  std::string name;
  std::string text;
  std::string target;
  std::map<std::string, std::string> arguments;
  bool operator==(const Asked&) const = default;
};

/// As the edits leave it for the builds of each round, in the first cell of the matrix; equal ones once.
tl::expected<std::vector<Asked>, int> asked_by(const fs::path& file) {
  const auto scenarios = load_scenarios({file.string()});
  if (!scenarios) return tl::unexpected(scenarios.error());
  std::vector<Asked> all;
  for (const auto& scenario : *scenarios) {
    const auto cell = scenario::cells(*scenario).front();
    std::vector<scenario::Edit> edits;
    for (const auto& round : scenario->rounds) {
      edits.insert(edits.end(), round.edits.begin(), round.edits.end());
      const auto request =
          engine::make_request(scenario::merge(scenario->build, round.build), {cell.begin(), cell.end()}, {});
      const auto name = request.dockerfile_text ? "dockerfile_inline" : engine::dockerfile_path(request, {});
      auto text = request.dockerfile_text;
      if (!text) text = engine::text_after(*scenario, edits, name).value_or(std::nullopt);
      if (!text) continue;
      Asked asked{name, *text, request.target, {request.args.begin(), request.args.end()}};
      if (std::find(all.begin(), all.end(), asked) == all.end()) all.push_back(std::move(asked));
    }
  }
  return all;
}

int print(const Asked& asked) {
  const auto reading = dockerfile::read(asked.text, asked.name, asked.arguments);
  for (const auto& diagnostic : reading.diagnostics) std::cerr << util::to_text(diagnostic);
  if (!reading.file) return engine::k_exit_invalid_scenario;
  const auto target = reading.file->find_target(asked.target);
  if (!target)
    return report_error({util::Blame::input, fmt::format("{} has no stage '{}'", asked.name, asked.target), {}, {}});
  const auto steps = dockerfile::named_steps(*reading.file, *target, asked.arguments);
  std::cout << asked.name << (asked.target.empty() ? "" : ", target " + asked.target) << '\n';
  std::size_t width = 0;
  const auto reference = [&](const dockerfile::NamedStep& step) {
    return fmt::format(
        "{} {}", reading.file->stages[static_cast<std::size_t>(step.stage)].name, step.instruction->number);
  };
  for (const auto& step : steps) width = std::max(width, reference(step).size());
  for (const auto& step : steps) std::cout << fmt::format("  {:<{}}  {}\n", reference(step), width, step.name);
  const auto needed = reading.file->reachable(*target);
  for (const auto& stage : reading.file->stages)
    if (!needed.contains(stage.index)) std::cout << fmt::format("  {} is not needed\n", stage.name);
  return 0;
}

} // namespace

void add_steps(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("steps", "Print the steps of a Dockerfile as BuildKit will name them");
  auto file = std::make_shared<std::string>("Dockerfile");
  auto target = std::make_shared<std::string>();
  command->add_option("FILE", *file, "A Dockerfile, or a scenario (*.yaml): its Dockerfile with its args and target");
  command->add_option("--target", *target, "The stage to build, of a Dockerfile (default: the last)");
  command->footer("\nEach line has a step reference, as claims of a scenario write it, and the step's name.\n\n"
                  "Example:\n  cacheproof steps docker/Dockerfile --target app\n");
  command->callback([&session, file, target] {
    session.action = [file, target] {
      const fs::path path = *file;
      if (path.extension() != ".yaml" && path.extension() != ".yml") {
        const auto text = util::read_text(path);
        if (!text) return report_error({util::Blame::usage, text.error().what, text.error().tried, {}});
        return print({path.string(), *text, *target, {}});
      }
      const auto all = asked_by(path);
      if (!all) return all.error();
      int code = 0;
      for (const auto& asked : *all) code = std::max(code, print(asked));
      return code;
    };
  });
}

} // namespace cacheproof::cli
