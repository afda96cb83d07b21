#include "cli/commands.hpp"
#include "cli/scenarios.hpp"
#include "cli/selection.hpp"
#include "engine/builders.hpp"
#include "engine/drivers.hpp"
#include "engine/exit_code.hpp"
#include "engine/plan.hpp"
#include "toolchain/select.hpp"
#include "toolchain/toolchain.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <iostream>
#include <map>
#include <memory>

namespace cacheproof::cli {
namespace {

/// The word that was written, by the version that a case is called by.
using Written = std::map<std::string, std::string>;

/// With which `run` plays this case and no other, from the same folder.
std::vector<std::string> arguments_of(const engine::Case& planned, const Written& buildkit) {
  const auto& [driver, buildx, docker] = planned.driver;
  std::vector<std::string> arguments{
      planned.scenario->file.string(), "--case=" + planned.id, fmt::format("--driver={}", to_text(driver))};
  const auto word = buildkit.find(planned.buildkit);
  if (docker.empty()) arguments.push_back("--buildkit=" + (word == buildkit.end() ? planned.buildkit : word->second));
  if (!buildx.empty()) arguments.push_back("--buildx=" + buildx);
  if (!docker.empty()) arguments.push_back("--docker=" + docker);
  return arguments;
}

/// What the store has to have for it, as `toolchain install` takes it.
std::vector<std::string> toolchains_of(const engine::Case& planned, const Written& buildkit) {
  std::vector<std::string> all;
  for (const auto& rig : engine::rigs_of(planned)) {
    const bool is_engine = rig.starts_with(engine::k_engine);
    const auto word = buildkit.find(rig);
    if (is_engine)
      all.push_back("docker " + rig.substr(engine::k_engine.size()));
    else if (word == buildkit.end() || !word->second.starts_with(toolchain::k_path))
      all.push_back("buildkit " + rig);
  }
  for (const auto& version : engine::buildx_needed({planned.driver}, {planned.scenario}))
    all.push_back("buildx " + version);
  return all;
}

nlohmann::json to_json(const std::vector<engine::Case>& cases, const Written& buildkit) {
  auto all = nlohmann::json::array();
  for (const auto& planned : cases) {
    nlohmann::json one{{"id", planned.id},
                       {"scenario", planned.scenario->file.string()},
                       {"title", planned.scenario->title},
                       {"tags", planned.scenario->tags},
                       {"cell", nlohmann::json::object()},
                       {"buildkit", planned.buildkit},
                       {"driver", to_text(planned.driver.driver)}};
    for (const auto& [dimension, value] : planned.cell) one["cell"][dimension] = value;
    if (!planned.driver.version.empty()) one["driver_version"] = planned.driver.version;
    if (!planned.driver.docker.empty()) one["docker"] = planned.driver.docker;
    one["arguments"] = arguments_of(planned, buildkit);
    one["toolchains"] = toolchains_of(planned, buildkit);
    if (const auto why = engine::unmet(planned)) one["skipped"] = *why;
    all.push_back(std::move(one));
  }
  return all;
}

/// As cases are called by them: a folder by what its programs say.
util::Result<std::vector<std::string>> names_of(std::vector<std::string> versions, Written& written) {
  for (auto& version : versions) {
    const auto word = version;
    if (version.starts_with(toolchain::k_path)) {
      CP_TRY_ASSIGN(auto kit,
                    toolchain::from_path(toolchain::Kind::buildkit, version.substr(toolchain::k_path.size())));
      version = std::move(kit.version);
    }
    written.emplace(version, word);
  }
  return versions;
}

} // namespace

void add_list(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("list", "List the cases that would be played: id, tags, title");
  struct Options {
    Selection selection;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  add_selection(*command, options->selection);
  command->add_option("--format", options->json, "How they are printed: text, or json (one document)")
      ->transform(CLI::CheckedTransformer(std::map<std::string, bool>{{"text", false}, {"json", true}}))
      ->option_text("text|json");
  command->callback([&session, options] {
    session.action = [&session, options] {
      const auto& selection = options->selection;
      const auto chosen = choose(selection, toolchain::Options{.stop = session.stop});
      if (!chosen) return report_error(chosen.error());
      const auto scenarios = load_scenarios(selection.paths);
      if (!scenarios) return scenarios.error();
      Written written;
      const auto versions = names_of(chosen->versions, written);
      if (!versions) return report_error(versions.error());
      const auto cases_or = cases_of(selection, *chosen, *scenarios, *versions);
      if (!cases_or) return report_error(cases_or.error());
      const auto& cases = *cases_or;
      if (options->json)
        std::cout << to_json(cases, written).dump(2) << '\n';
      else
        for (const auto& planned : cases)
          std::cout << planned.id << "\t" << util::join(planned.scenario->tags, ",") << "\t" << planned.scenario->title
                    << '\n';
      return 0;
    };
  });
}

} // namespace cacheproof::cli
