#include "cli/commands.hpp"
#include "cli/scenarios.hpp"
#include "cli/selection.hpp"
#include "engine/drivers.hpp"
#include "process/command.hpp"
#include "toolchain/select.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
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
  std::string plan; ///< a file
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
  add("--frontend", util::join(selection.frontends, ","));
  add("--filter", selection.filter);
  if (selection.own_versions != OwnVersions::with)
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
  if (selection.engine && *selection.engine != builder::Engine::own)
    return refuse("a matrix names engines by their versions, and not one of yours", "leave --engine out");
  for (const auto* versions : {&selection.versions, &selection.buildx, &selection.docker})
    for (const auto& version : *versions)
      if (toolchain::is_own(version))
        return refuse(version + " is no version", "name versions, which every machine can install");
  for (const auto& frontend : selection.frontends)
    if (frontend.starts_with(toolchain::k_path))
      return refuse(frontend + " is a folder of this machine",
                    "name a version, or an image that every machine can pull");
  return {};
}

/// Every version of the group where none is named, of what the drivers need; but in containers of engines, where all of
/// them would be a product, BuildKit and buildx are the default ones.
void choose_group(Selection& selection, const std::string& group) {
  const auto& drivers = selection.drivers;
  const auto has = [&](const char* driver) {
    return std::find(drivers.begin(), drivers.end(), driver) != drivers.end();
  };
  const auto all_if = [&](bool needed, std::vector<std::string>& versions) {
    if (needed && versions.empty()) versions = {group};
  };
  all_if(drivers.empty() || has("buildctl") || has("buildx"), selection.versions);
  const bool own = has("docker") || has("docker-containerd");
  all_if(has("buildx") || own, selection.buildx);
  all_if(own || has("docker-container"), selection.docker);
}

/// The jobs of some versions, a part each.
class Jobs {
public:
  Jobs(std::vector<std::shared_ptr<const scenario::Scenario>> scenarios, std::size_t shards)
      : scenarios_(std::move(scenarios)),
        shards_(shards) {}

  /// `key`, which with the shard is the job's own, begins with what is played and ends in its version.
  void add(const std::string& name, const std::string& key, Selection selection, Chosen chosen) {
    const auto any_driver = [&](auto is) { return std::any_of(chosen.drivers.begin(), chosen.drivers.end(), is); };
    // What the job's own machine has to be told, where its engine is the one that is built in.
    const bool disposable = any_driver([](const auto& one) { return one.engine == builder::Engine::disposable; });
    const bool told =
        disposable && any_driver([](const auto& one) { return one.driver == builder::Driver::containerd; });
    const auto judged = [](const auto& cases) {
      return cases && std::any_of(cases->begin(), cases->end(), [](const auto& one) { return !engine::unmet(one); });
    };
    const bool any = judged(cases_of(selection, chosen, scenarios_, chosen.versions));
    for (std::size_t number = 1; number <= shards_; ++number) {
      chosen.shard = engine::Shard{number, shards_};
      selection.shard = shards_ == 1 ? "" : fmt::format("{}/{}", number, shards_);
      const auto cases = cases_of(selection, chosen, scenarios_, chosen.versions);
      // A version of which nothing can be judged is to be seen, red; a part of one that is judged would be so by
      // chance.
      if (!cases || (any && !judged(cases))) continue;
      auto ids = nlohmann::json::array();
      for (const auto& one : *cases) ids.push_back(one.id);
      all_.push_back({{"name", shards_ == 1 ? name : fmt::format("{}, {} of {}", name, number, shards_)},
                      {"key", fmt::format("{}-{}-{}", key, number, shards_)},
                      {"ids", std::move(ids)},
                      {"buildkit", util::join(selection.versions, ",")},
                      {"buildx", util::join(selection.buildx, ",")},
                      {"docker", util::join(selection.docker, ",")},
                      {"disposable", disposable ? "1" : ""},
                      {"daemon_config", told ? R"({"features": {"containerd-snapshotter": true}})" : ""},
                      {"shard", fmt::format("{}-{}", number, shards_)},
                      {"arguments", arguments(selection)}});
    }
  }
  const nlohmann::json& all() const { return all_; }

private:
  std::vector<std::shared_ptr<const scenario::Scenario>> scenarios_;
  std::size_t shards_;
  nlohmann::json all_ = nlohmann::json::array();
};

/// The jobs of BuildKits of our own, a version each.
void add_buildkits(Jobs& jobs, Selection selection, Chosen chosen) {
  std::erase_if(chosen.drivers, [](const auto& one) { return !one.docker.empty(); });
  if (chosen.drivers.empty()) return;
  for (const auto driver : {builder::Driver::docker, builder::Driver::containerd, builder::Driver::container})
    std::erase(selection.drivers, to_text(driver));
  selection.docker.clear();
  selection.buildx.clear();
  for (const auto& one : chosen.drivers)
    if (one.driver == builder::Driver::buildx) selection.buildx.push_back(one.version);
  const auto add = [&](const std::string& name, const std::string& key, OwnVersions own) {
    selection.own_versions = own;
    selection.versions = chosen.versions;
    jobs.add(name, key, selection, chosen);
  };
  const auto versions = chosen.versions;
  for (const auto& version : versions) {
    chosen.versions = {version};
    add("BuildKit " + version, "buildkit-" + version, OwnVersions::without);
  }
  chosen.versions = versions; // pairs of them
  add("BuildKits that scenarios name", "buildkit-own", OwnVersions::only);
}

/// Those of Docker engines, a version each, by `driver`.
void add_engines(Jobs& jobs,
                 const std::string& name,
                 const std::string& key,
                 builder::Driver driver,
                 Selection selection,
                 Chosen chosen) {
  std::erase_if(chosen.drivers, [&](const auto& one) { return one.driver != driver; });
  const auto drivers = chosen.drivers;
  std::vector<std::string> versions;
  if (!engine::need_buildkit(drivers)) chosen.versions.clear();
  selection.versions = chosen.versions;
  selection.drivers = {std::string(to_text(driver))};
  selection.buildx.clear();
  const auto add = [](std::vector<std::string>& all, const std::string& one) {
    if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(one);
  };
  for (const auto& one : drivers) {
    add(versions, one.docker);
    add(selection.buildx, one.version);
  }
  for (const auto& version : versions) {
    selection.docker = {version};
    chosen.drivers = drivers;
    std::erase_if(chosen.drivers, [&](const auto& one) { return one.docker != version; });
    // In a container everything is played in the machine's, too; elsewhere it has to be told where base images are.
    const bool contained = driver == builder::Driver::container;
    if (!contained) jobs.add(name + version, key + version, selection, chosen);
    if (!contained && !builder::takes_source_policy(chosen.drivers.front())) continue;
    for (auto& one : chosen.drivers) one.engine = builder::Engine::disposable;
    jobs.add(name + version + (contained ? "" : ", the machine's own"),
             (contained ? "" : "machine-") + key + version,
             selection,
             chosen);
  }
}

/// By every BuildKit and buildx that was named, else by the default one.
Chosen in_containers(const Selection& named, Chosen chosen) {
  const auto buildx = toolchain::default_version(toolchain::Kind::buildx);
  if (named.versions.empty()) chosen.versions = {toolchain::default_version()};
  if (named.buildx.empty()) std::erase_if(chosen.drivers, [&](const auto& one) { return one.version != buildx; });
  return chosen;
}

int print_matrix(Options options, const std::stop_token& stop) {
  if (const auto sound = check(options); !sound) return report_error(sound.error());
  auto& selection = options.selection;
  selection.engine = builder::Engine::own;
  const auto named = selection;
  choose_group(selection, options.group);
  const auto chosen = choose(selection, toolchain::Options{.stop = stop});
  if (!chosen) return report_error(chosen.error());
  if (!selection.frontends.empty()) selection.frontends = chosen->frontends;
  const auto scenarios = load_scenarios(selection.paths);
  if (!scenarios) return scenarios.error();

  Jobs jobs(*scenarios, options.shards);
  add_buildkits(jobs, selection, *chosen);
  add_engines(jobs, "Docker ", "docker-", builder::Driver::docker, selection, *chosen);
  add_engines(jobs, "Images in containerd, Docker ", "containerd-", builder::Driver::containerd, selection, *chosen);
  add_engines(jobs,
              "A container of Docker ",
              "container-",
              builder::Driver::container,
              selection,
              in_containers(named, *chosen));
  if (jobs.all().empty())
    return report_error({util::Blame::rig,
                         "nothing would be played: there is no such case",
                         {},
                         "`cacheproof list` prints the ids that a filter is matched against"});
  if (jobs.all().size() > k_most_jobs)
    return report_error(
        {util::Blame::usage,
         fmt::format("these are {} jobs, and GitHub takes {} of one matrix", jobs.all().size(), k_most_jobs),
         {},
         "take fewer shards or versions"});
  nlohmann::json matrix{{"include", jobs.all()}};
  if (!options.plan.empty())
    if (const auto written = util::write_text(options.plan, matrix.dump(1) + "\n"); !written)
      return report_error(written.error());
  // Thousands of ids are more than an output of GitHub's, or a variable of the environment, may hold.
  for (auto& job : matrix.at("include")) job.erase("ids");
  std::cout << matrix.dump() << '\n';
  return 0;
}

} // namespace

void add_matrix(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("matrix", "Print the jobs in which a run is played in several places");
  auto options = std::make_shared<Options>();
  add_selection(*command, options->selection);
  command->add_flag("--github", options->github, "As JSON on one line, for `matrix: ${{ fromJSON(…) }}` of a workflow");
  command->add_option(
      "--plan", options->plan, "Also write the jobs with the `ids` of their cases to this file, for `join`");
  command->add_option("--group", options->group, "The group of docker/versions.yaml whose versions are played")
      ->capture_default_str();
  command->add_option("--shards", options->shards, "In how many jobs each version is played")
      ->check(CLI::Range(std::size_t{1}, engine::k_most_shards))
      ->capture_default_str();
  command->footer(
      "\nEach job has a `name`, a `key` that is its own, the `arguments` for `cacheproof run`, `buildkit`, `buildx`,\n"
      "`docker` and `shard` for the keys of caches, and for a machine with that Docker `disposable`, which is 1 or\n"
      "nothing, for CACHEPROOF_DISPOSABLE_ENGINE, and `daemon_config`. All jobs together play every case once, but\n"
      "for those of a part that would be skipped as a whole. In containers of engines BuildKit and buildx are the\n"
      "default ones unless they are named.\n\n"
      "Example:\n"
      "  cacheproof matrix --github --driver buildctl,buildx --shards 3\n"
      "  cacheproof matrix --github --driver docker\n");
  command->callback(
      [&session, options] { session.action = [&session, options] { return print_matrix(*options, session.stop); }; });
}

} // namespace cacheproof::cli
