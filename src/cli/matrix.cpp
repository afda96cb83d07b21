#include "cli/commands.hpp"
#include "cli/scenarios.hpp"
#include "cli/selection.hpp"
#include "process/command.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <memory>

namespace cacheproof::cli {
namespace {

/// What GitHub takes of one matrix.
constexpr std::size_t k_most_jobs = 256;

struct Options {
  Selection selection;
  std::string group = "nightly";
  std::size_t shards = 1;
  bool github = false;
};

/// The words for `cacheproof run` that choose what `selection` does, with versions in the place of groups.
std::string arguments(const Selection& selection) {
  std::vector<std::string> words;
  const auto add = [&](const char* name, const std::string& value) {
    if (value.empty()) return;
    words.emplace_back(name);
    words.push_back(value);
  };
  add("--buildkit", util::join(selection.versions, ","));
  add("--driver", util::join(selection.drivers, ","));
  add("--buildx", util::join(selection.buildx, ","));
  add("--docker", util::join(selection.docker, ","));
  add("--filter", selection.filter);
  add("--own-versions", selection.own_versions == OwnVersions::only ? "only" : "without");
  add("--shard", selection.shard);
  add("--durations", selection.durations);
  words.insert(words.end(), selection.paths.begin(), selection.paths.end());
  return process::to_line({.argv = words});
}

util::Status check(const Options& options) {
  const auto refuse = [](std::string what, std::string remedy) {
    return util::failure(std::move(what), {}, std::move(remedy), util::Blame::usage);
  };
  if (!options.github) return refuse("nobody was named to print a matrix for", "add --github");
  if (!toolchain::is_group(options.group))
    return refuse(fmt::format("--group={} is no group of docker/versions.yaml", options.group),
                  "one of: smoke, nightly, all");
  const auto& selection = options.selection;
  if (!selection.shard.empty() || selection.own_versions != OwnVersions::with)
    return refuse("a matrix has all shards, and the cases with versions of their own in jobs of theirs",
                  "leave --shard and --own-versions out");
  for (const auto* versions : {&selection.versions, &selection.buildx, &selection.docker})
    for (const auto& version : *versions)
      if (version.starts_with(toolchain::k_path))
        return refuse(version + " is a folder of this machine", "name versions that every machine can install");
  return {};
}

/// What a job has of all drivers: those of that engine, or, where none is named, those that build on no engine.
void choose_for(const std::string& engine,
                const std::vector<engine::DriverChoice>& all,
                Selection& selection,
                Chosen& chosen) {
  chosen.drivers.clear();
  std::copy_if(all.begin(), all.end(), std::back_inserter(chosen.drivers), [&](const auto& each) {
    return each.docker == engine;
  });
  const auto note = [](std::vector<std::string>& words, std::string word) {
    if (!word.empty() && std::find(words.begin(), words.end(), word) == words.end()) words.push_back(std::move(word));
  };
  selection.drivers.clear();
  selection.buildx.clear();
  selection.docker.clear();
  for (const auto& driver : chosen.drivers) {
    note(selection.drivers, std::string(to_text(driver.driver)));
    note(selection.buildx, driver.version);
    note(selection.docker, driver.docker);
  }
}

/// Each once.
std::vector<std::string> engines_of(const std::vector<engine::DriverChoice>& drivers) {
  std::vector<std::string> engines;
  for (const auto& driver : drivers)
    if (!driver.docker.empty() && std::find(engines.begin(), engines.end(), driver.docker) == engines.end())
      engines.push_back(driver.docker);
  return engines;
}

int print_matrix(Options options, const std::stop_token& stop) {
  if (const auto sound = check(options); !sound) return report_error(sound.error());
  auto& selection = options.selection;
  if (selection.versions.empty()) selection.versions = {options.group};
  const auto through = [&](const char* driver) {
    return std::find(selection.drivers.begin(), selection.drivers.end(), driver) != selection.drivers.end();
  };
  const bool engines = through("docker") || through("docker-container");
  if (engines && selection.docker.empty()) selection.docker = {options.group};
  if ((engines || through("buildx")) && selection.buildx.empty()) selection.buildx = {options.group};
  if (through("docker") && selection.drivers.size() == 1) selection.versions.clear();
  auto chosen = choose(selection, toolchain::Options{.stop = stop});
  if (!chosen) return report_error(chosen.error());
  const auto scenarios = load_scenarios(selection.paths);
  if (!scenarios) return scenarios.error();
  const auto all = chosen->drivers;

  auto jobs = nlohmann::json::array();
  // On versions of BuildKit, or without any of them on an engine.
  const auto add = [&](const std::string& name,
                       const std::vector<std::string>& versions,
                       const std::string& engine,
                       OwnVersions own) {
    selection.versions = versions;
    selection.own_versions = own;
    choose_for(engine, all, selection, *chosen);
    for (std::size_t number = 1; number <= options.shards; ++number) {
      chosen->shard = engine::Shard{number, options.shards};
      selection.shard = options.shards == 1 ? "" : fmt::format("{}/{}", number, options.shards);
      const auto cases = cases_of(selection, *chosen, *scenarios, versions);
      // A job in which nothing can be judged would be red.
      if (!cases || std::all_of(cases->begin(), cases->end(), [](const auto& one) { return engine::unmet(one); }))
        continue;
      jobs.push_back({{"name", options.shards == 1 ? name : fmt::format("{}, {} of {}", name, number, options.shards)},
                      {"buildkit",
                       !versions.empty() ? versions.front()
                       : engine.empty()  ? "own"
                                         : ""},
                      {"buildx", util::join(selection.buildx, ",")},
                      {"docker", engine},
                      {"shard", fmt::format("{}-{}", number, options.shards)},
                      {"arguments", arguments(selection)}});
    }
  };
  if (std::any_of(all.begin(), all.end(), [](const auto& each) { return each.docker.empty(); })) {
    for (const auto& version : chosen->versions) add("BuildKit " + version, {version}, "", OwnVersions::without);
    add("BuildKits that scenarios name", {}, "", OwnVersions::only);
  }
  const bool contained = through("docker-container");
  for (const auto& engine : engines_of(all))
    add("Docker " + engine, contained ? chosen->versions : std::vector<std::string>(), engine, OwnVersions::without);
  if (jobs.empty())
    return report_error({util::Blame::rig,
                         "nothing would be played: no case of these can be judged",
                         {},
                         "`cacheproof list --format=json` says why each is skipped"});
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
  command
      ->add_option("--shards", options->shards, "In how many jobs each version of BuildKit and each engine is played")
      ->check(CLI::Range(std::size_t{1}, engine::k_most_shards))
      ->capture_default_str();
  command->footer("\nEach job has a `name`, the `arguments` for `cacheproof run`, and `buildkit`, `buildx`, `docker` "
                  "and `shard` for "
                  "the\n"
                  "keys of caches and artifacts. All jobs together play every case once, but for those that would be "
                  "skipped anyhow.\n\n"
                  "Example:\n"
                  "  cacheproof matrix --github --driver buildctl,buildx,docker --shards 3\n");
  command->callback(
      [&session, options] { session.action = [&session, options] { return print_matrix(*options, session.stop); }; });
}

} // namespace cacheproof::cli
