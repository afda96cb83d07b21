#include "cli/commands.hpp"
#include "cli/scenarios.hpp"
#include "cli/selection.hpp"
#include "engine/builders.hpp"
#include "engine/drivers.hpp"
#include "engine/exit_code.hpp"
#include "engine/frontends.hpp"
#include "engine/plan.hpp"
#include "toolchain/select.hpp"
#include "toolchain/sources.hpp"
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

/// The version, or where its programs are.
std::string word_of(toolchain::Kind kind, const std::string& version, const toolchain::OwnKits& own) {
  const auto found = own.find({kind, version});
  return found == own.end() ? version : toolchain::to_word(found->second);
}

/// With which `run` plays this case and no other, from the same folder.
std::vector<std::string> arguments_of(const engine::Case& planned, const toolchain::OwnKits& own) {
  using toolchain::Kind;
  const auto driver = planned.driver.driver;
  const auto& buildx = planned.driver.version;
  const auto& docker = planned.driver.docker;
  std::vector<std::string> arguments{
      planned.scenario->file.string(), "--case=" + planned.id, fmt::format("--driver={}", to_text(driver))};
  if (!builder::is_engines_own(driver)) {
    auto versions = engine::own_versions(*planned.scenario, planned.cell);
    if (versions.empty()) versions = {planned.buildkit};
    for (auto& version : versions) version = word_of(Kind::buildkit, version, own);
    arguments.push_back("--buildkit=" + util::join(versions, ","));
  }
  if (!buildx.empty()) arguments.push_back("--buildx=" + word_of(Kind::buildx, buildx, own));
  if (planned.driver.engine != builder::Engine::own)
    arguments.push_back(fmt::format("--engine={}", to_text(planned.driver.engine)));
  else if (!docker.empty())
    arguments.push_back("--docker=" + word_of(Kind::docker, docker, own));
  if (const auto& frontend = planned.frontend; !frontend.empty())
    arguments.push_back("--frontend=" + word_of(Kind::frontend, frontend, own));
  return arguments;
}

/// What the store has to have for it, as `toolchain install` takes it.
std::vector<std::string> toolchains_of(const engine::Case& planned, const toolchain::OwnKits& own) {
  using toolchain::Kind;
  std::vector<std::string> all;
  const auto add = [&](Kind kind, const std::string& version) {
    if (!own.contains({kind, version})) all.push_back(fmt::format("{} {}", toolchain::recipe(kind).name, version));
  };
  for (const auto& rig : engine::rigs_of(planned))
    if (const auto name = engine::parse_rig_name(rig); !name.buildkit.empty()) add(Kind::buildkit, name.buildkit);
  if (!planned.driver.docker.empty() && planned.driver.engine == builder::Engine::own)
    add(Kind::docker, planned.driver.docker);
  for (const auto& version : engine::buildx_needed({planned.driver}, {planned.scenario})) add(Kind::buildx, version);
  if (const auto& frontend = planned.frontend; !frontend.empty() && !toolchain::is_image(frontend))
    add(Kind::frontend, frontend);
  return all;
}

nlohmann::json to_json(const std::vector<engine::Case>& cases, const toolchain::OwnKits& own) {
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
    if (planned.driver.engine != builder::Engine::own) one["engine"] = to_text(planned.driver.engine);
    if (!planned.frontend.empty()) one["frontend"] = engine::shown_frontend(planned.frontend);
    one["arguments"] = arguments_of(planned, own);
    one["toolchains"] = toolchains_of(planned, own);
    if (const auto why = engine::unmet(planned)) one["skipped"] = *why;
    all.push_back(std::move(one));
  }
  return all;
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
      const auto say = [](std::string_view line) { std::cerr << line << '\n'; };
      const auto chosen = choose(selection, toolchain::Options{.say = say, .stop = session.stop});
      if (!chosen) return report_error(chosen.error());
      const auto scenarios = load_scenarios(selection.paths);
      if (!scenarios) return scenarios.error();
      const auto cases_or = cases_of(selection, *chosen, *scenarios, chosen->versions);
      if (!cases_or) return report_error(cases_or.error());
      const auto& cases = *cases_or;
      if (options->json)
        std::cout << to_json(cases, chosen->own).dump(2) << '\n';
      else
        for (const auto& planned : cases)
          std::cout << planned.id << "\t" << util::join(planned.scenario->tags, ",") << "\t" << planned.scenario->title
                    << '\n';
      return 0;
    };
  });
}

} // namespace cacheproof::cli
