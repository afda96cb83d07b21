#include "cli/commands.hpp"
#include "cli/scenarios.hpp"
#include "cli/selection.hpp"
#include "engine/plan.hpp"
#include "engine/shard.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <set>

namespace cacheproof::cli {
namespace {

/// What GitHub takes of one matrix.
constexpr std::size_t k_most_jobs = 256;

struct Options {
  Selection selection;
  std::string group = "nightly";
  std::size_t shards = 1;
  std::string durations;
  bool github = false;
};

/// One job: a version of BuildKit through all drivers, or a part of its cases.
nlohmann::json job(const std::string& version, const Chosen& chosen, std::size_t shard, std::size_t shards) {
  std::set<std::string> drivers;
  std::vector<std::string> buildx;
  for (const auto& driver : chosen.drivers) {
    drivers.emplace(to_text(driver.driver));
    if (!driver.version.empty()) buildx.push_back(driver.version);
  }
  auto arguments = fmt::format("--buildkit {} --driver {}", version, util::join({drivers.begin(), drivers.end()}, ","));
  if (!buildx.empty()) arguments += " --buildx " + util::join(buildx, ",");
  auto name = "BuildKit " + version;
  if (shards > 1) {
    arguments += fmt::format(" --shard {}/{}", shard, shards);
    name += fmt::format(", {} of {}", shard, shards);
  }
  return {{"name", name},
          {"buildkit", version},
          {"buildx", util::join(buildx, ",")},
          {"shard", fmt::format("{}-{}", shard, shards)},
          {"arguments", arguments}};
}

int print_matrix(Options options, const std::stop_token& stop) {
  if (!options.github)
    return report_error({util::Blame::usage, "nobody was named to print a matrix for", {}, "add --github"});
  auto& selection = options.selection;
  if (selection.versions.empty()) selection.versions = {options.group};
  const bool with_buildx =
      std::find(selection.drivers.begin(), selection.drivers.end(), "buildx") != selection.drivers.end();
  if (with_buildx && selection.buildx.empty()) selection.buildx = {options.group};
  const auto chosen = choose(selection, toolchain::Options{.stop = stop});
  if (!chosen) return report_error(chosen.error());
  const auto scenarios = load_scenarios(selection.paths);
  if (!scenarios) return scenarios.error();
  const auto durations = read_durations(options.durations);
  if (!durations) return report_error(durations.error());
  auto jobs = nlohmann::json::array();
  for (const auto& version : chosen->versions) {
    auto cases = engine::plan(*scenarios, {version}, chosen->drivers);
    std::erase_if(cases, [&](const auto& planned) { return !engine::selects(selection.filter, planned); });
    for (std::size_t shard = 1; shard <= options.shards; ++shard)
      if (!engine::of_shard(cases, {shard, options.shards}, *durations).empty()) // a job without a case would be red
        jobs.push_back(job(version, *chosen, shard, options.shards));
  }
  if (jobs.empty()) return report_error(nothing_chosen(selection));
  if (jobs.size() > k_most_jobs)
    return report_error({util::Blame::usage,
                         fmt::format("these are {} jobs, and GitHub takes {} of one matrix", jobs.size(), k_most_jobs),
                         {},
                         "take fewer shards or versions"});
  std::cout << nlohmann::json{{"include", jobs}}.dump() << '\n';
  return 0;
}

} // namespace

void add_matrix(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("matrix", "Print the jobs in which a run is played in several places");
  auto options = std::make_shared<Options>();
  add_selection(*command, options->selection);
  command->add_flag("--github", options->github, "As JSON on one line, for `matrix: ${{ fromJSON(…) }}` of a workflow");
  command->add_option("--group", options->group, "The group of docker/versions.yaml whose versions are played")
      ->capture_default_str();
  command->add_option("--shards", options->shards, "In how many jobs each version of BuildKit is played")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option(
      "--durations", options->durations, "As for `cacheproof run`, whose shards must be given the same");
  command->footer("\nEach job has a `name`, the `arguments` for `cacheproof run`, and `buildkit`, `buildx` and `shard` "
                  "for the keys\n"
                  "of caches and artifacts. The shards of a version play each of its cases once.\n\n"
                  "Example:\n"
                  "  cacheproof matrix --github --driver buildctl,buildx --shards 3\n");
  command->callback(
      [&session, options] { session.action = [&session, options] { return print_matrix(*options, session.stop); }; });
}

} // namespace cacheproof::cli
