#include "cli/run.hpp"

#include "cli/accept.hpp"
#include "cli/commands.hpp"
#include "cli/rootless.hpp"
#include "cli/scenarios.hpp"
#include "cli/selection.hpp"
#include "engine/builders.hpp"
#include "engine/drivers.hpp"
#include "engine/durations.hpp"
#include "engine/exit_code.hpp"
#include "engine/images.hpp"
#include "engine/play.hpp"
#include "engine/repositories.hpp"
#include "engine/rig.hpp"
#include "engine/run_folder.hpp"
#include "engine/schedule.hpp"
#include "evidence/results.hpp"
#include "report/console.hpp"
#include "report/documents.hpp"
#include "sandbox/admission.hpp"
#include "toolchain/toolchain.hpp"
#include "util/caller.hpp"
#include "util/diagnostic_format.hpp"
#include "util/files.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <thread>

namespace cacheproof::cli {
namespace {

/// What `--registry` is where the command line says nothing of it.
std::string usual_registry() {
  const char* named = std::getenv("CACHEPROOF_REGISTRY");
  return named && *named ? named : "auto";
}

struct Options {
  Selection selection;
  std::vector<std::string> buildx; ///< versions that have to be there
  std::string registry = usual_registry();
  std::string out = "cacheproof-out";
  std::size_t jobs = std::max(1U, std::thread::hardware_concurrency());
  bool keep = false;
  bool verify_results = false;
  bool verbose = false;
  bool offline = false;
  bool accept = false;
  std::optional<int> skip_code;
  std::string junit;
  Format format = Format::text;
};

/// Several processes that are one run, as under ctest, say so.
std::string run_name() {
  const char* name = std::getenv("CACHEPROOF_RUN");
  return name ? name : "";
}

/// A rig of a version; what is missing is installed, and said aloud.
util::Result<engine::Rig> rig(const std::string& version, const Options& options, engine::Supply& supply) {
  return engine::prepare_rig({version, options.registry, options.buildx}, supply);
}

/// One for every version that the command line names.
util::Result<engine::Rigs>
rigs(const std::vector<std::string>& versions, const Options& options, engine::Supply& supply) {
  engine::Rigs all;
  for (const auto& version : versions) {
    CP_TRY_ASSIGN(auto one, rig(version, options, supply));
    all.emplace(version, std::move(one));
  }
  return all;
}

/// Those of the builders that name versions of their own, and in each the frontends that a case serves.
util::Status
add_rigs(engine::Rigs& all, const std::vector<engine::Case>& cases, const Options& options, engine::Supply& supply) {
  for (const auto& planned : cases)
    for (const auto& version : engine::rigs_of(planned)) {
      if (!all.contains(version)) {
        CP_TRY_ASSIGN(auto one, rig(version, options, supply));
        all.emplace(version, std::move(one));
      }
      CP_TRY(engine::add_frontends(all.at(version), engine::frontends_of(planned), supply));
    }
  return {};
}

/// What a table of several runs is made from, and JUnit's. Also before the first case: a run that is killed is known
/// for what it was to play, and a file that cannot be written is said before an hour of play.
util::Status save(const evidence::RunResults& results, const std::filesystem::path& folder, const std::string& junit) {
  CP_TRY(evidence::save(results, folder));
  CP_TRY(util::give_to_caller(folder));
  if (junit.empty()) return {};
  CP_TRY(util::write_text(junit, report::to_junit(report::join({{.folder = folder.string(), .results = results}}))));
  return util::give_to_caller(junit);
}

/// Plays the cases once: tells of it, and leaves what a run leaves.
util::Result<std::vector<evidence::CaseEvidence>> play(const std::vector<engine::Case>& cases,
                                                       const engine::Rigs& rigs,
                                                       const Options& options,
                                                       const std::stop_token& stop,
                                                       report::Console& console) {
  // An engine that is emptied between two rounds has one case at a time.
  const bool wiped =
      std::any_of(cases.begin(), cases.end(), [](const auto& planned) { return builder::is_wiped(planned.driver); });
  const auto jobs = wiped ? 1 : std::min(options.jobs, cases.size());
  CP_TRY_ASSIGN(const auto folder, engine::RunFolder::create(options.out, run_name()));
  evidence::RunResults results;
  for (const auto& planned : cases) results.planned.push_back(planned.id);
  CP_TRY(save(results, folder.path(), options.junit));
  console.run_started(cases.size(), jobs);
  auto played = engine::play_all(
      cases,
      {.jobs = jobs, .durations = engine::load_durations(options.out), .room = sandbox::room, .stop = stop},
      [&](const engine::Case& planned, const std::filesystem::path& root, engine::Observer& observer) {
        return engine::play(planned,
                            rigs,
                            {.folder = folder.path() / engine::plain_id(planned.id),
                             .root = root,
                             .keep = options.keep,
                             .verify_results = options.verify_results,
                             .stop = stop},
                            observer);
      },
      console);
  static_cast<void>(engine::save_durations(options.out, played)); // an order of play, no evidence
  console.run_finished(played);
  for (const auto& one : played) results.cases.push_back(evidence::result_of(one, engine::plain_id(one.id)));
  results.ended = true;
  CP_TRY(save(results, folder.path(), options.junit));
  if (options.format == Format::github)
    std::cout << util::to_github(report::to_diagnostics(report::join({{.results = results}})));
  return played;
}

/// Says what may become of the user's engine, and holds it against those who would empty it meanwhile.
util::Result<util::Fd> claim_engine(const Chosen& chosen, report::Console& console, const std::stop_token& stop) {
  if (!chosen.engine) return util::Fd();
  const auto& engine = *chosen.engine;
  const auto whose = fmt::format("engine: your Docker {} at unix://{}", engine.version, engine.socket.string());
  const bool built_in = std::any_of(chosen.drivers.begin(), chosen.drivers.end(), builder::is_in_users_engine);
  const bool wiped = std::any_of(chosen.drivers.begin(), chosen.drivers.end(), builder::is_wiped);
  if (wiped)
    console.said(whose + " is disposable: its images, builds, build cache and containers that do not run are removed");
  else if (built_in)
    console.said(whose
                 + ": nothing of it is removed, so that it is clean before a case is not proven, and what is built "
                   "there stays in its build cache");
  else
    console.said(whose + " gets containers of BuildKit, which are removed");
  return sandbox::hold_engine(
      engine, wiped, [&](std::string_view line) { console.said(line); }, stop);
}

int run(Options options, std::stop_token stop) {
  const auto inside = run_inside(stop);
  if (inside && *inside) return **inside; // it has said everything, also about the scenarios
  report::Console console(std::cout, report::console_options(options.verbose));
  toolchain::Options install{.say = [&](std::string_view line) { console.said(line); }, .stop = stop};
  const auto chosen = choose(options.selection, options.offline ? std::nullopt : std::optional(install));
  if (!chosen) return report_error(chosen.error());
  const auto& paths = options.selection.paths;
  if (options.accept && (paths.size() != 1 || !std::filesystem::is_regular_file(paths.front())))
    return report_error({util::Blame::usage, "--accept takes one scenario file", {}, "cacheproof run --accept FILE"});
  if (options.accept && chosen->drivers.size() > 1)
    return report_error(
        {util::Blame::usage, "--accept takes one driver", {}, "write what another one does under `when: {driver: …}`"});
  const auto loaded =
      load_scenarios(options.selection.paths, options.format, options.accept ? Claims::to_come : Claims::there);
  if (!loaded) return loaded.error();
  if (!inside) return report_error(inside.error());

  for (const auto& line : engine::sweep()) console.said(line);
  const auto held = claim_engine(*chosen, console, stop); // before anything is put into it
  if (!held) return report_error(held.error());
  if (options.offline)
    if (const auto allowed = engine::check_repositories_offline(*loaded); !allowed)
      return report_error(allowed.error());
  const auto repositories =
      engine::Repositories::clone(*loaded, {}, stop, [&](std::string_view line) { console.said(line); });
  if (!repositories) return report_error(repositories.error());
  if (const auto refused = report_found(repositories->diagnostics(), options.format)) return *refused;
  options.buildx = engine::buildx_needed(chosen->drivers, repositories->scenarios());
  engine::Supply supply{.offline = options.offline,
                        .verbose = options.verbose,
                        .engine = chosen->engine,
                        .own = chosen->own,
                        .install = std::move(install)};
  auto rigs_or = rigs(chosen->versions, options, supply);
  if (!rigs_or) return report_error(rigs_or.error());
  const auto cases_or = cases_of(options.selection, *chosen, repositories->scenarios(), chosen->versions);
  if (!cases_or) return report_error(cases_or.error());
  const auto& cases = *cases_or;
  if (const auto refused = refuse_unclaimed(cases, options.format)) return *refused;
  if (options.offline)
    if (const auto allowed = engine::check_offline(cases); !allowed) return report_error(allowed.error());
  if (const auto twins = engine::collision(cases))
    return report_error({util::Blame::input,
                         fmt::format("two cases would have one name: {} and {}", twins->first, twins->second),
                         {},
                         "rename one of the scenario files: outside a folder 'scenarios' the file's name is the id"});
  if (const auto added = add_rigs(*rigs_or, cases, options, supply); !added) return report_error(added.error());
  if (supply.contained_registries)
    for (const auto& planned : cases) supply.contained_registries->expect(planned.scenario->registries);
  const auto play_once = [&] { return play(cases, *rigs_or, options, stop, console); };
  if (options.accept) return accept(cases, play_once, std::cout);
  const auto played = play_once();
  if (!played) return report_error(played.error());
  return engine::exit_code(*played, options.skip_code);
}

} // namespace

int play_file(const std::string& file, std::stop_token stop) {
  Options options;
  options.selection.paths = {file};
  return run(options, std::move(stop));
}

void add_run(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("run", "Play scenarios and judge them");
  auto options = std::make_shared<Options>();
  add_selection(*command, options->selection);
  command->add_option("--registry",
                      options->registry,
                      "auto (the default: container where your Docker engine can, else process), container (Debian's "
                      "docker-registry in one), container:IMAGE, process, v3 or v3.0.0 (distribution, installed if "
                      "missing), path:FILE, or http://127.0.0.1:PORT of one of your own; else $CACHEPROOF_REGISTRY "
                      "is taken");
  command->add_option("--out", options->out, "Where evidence goes; the last 20 runs are kept")->capture_default_str();
  command->add_option("-j,--jobs", options->jobs, "How many cases are played at once (default: one per core)")
      ->check(CLI::PositiveNumber);
  command->add_flag("--verify-results",
                    options->verify_results,
                    "Compare what every build makes with a build without any cache, claimed or not: a difference that "
                    "cached steps made is a false hit");
  command->add_flag("--keep", options->keep, "Leave each sandbox's own folder behind");
  command->add_flag("--offline",
                    options->offline,
                    "Neither pull an image nor install a program: what would need to is refused before anything runs");
  command->add_option("--junit", options->junit, "Also write what came of the cases to this file, as JUnit's XML");
  command->add_option("--skip-code", options->skip_code, "Exit code of a run in which every case was skipped");
  command->add_flag(
      "--accept",
      options->accept,
      "Play one scenario file twice and write what was seen into its expectations, showing the difference");
  command->add_flag(
      "-v,--verbose", options->verbose, "Also where each program came from, the client's command lines and every step");
  add_format(*command, options->format);
  command->footer("\nExamples:\n"
                  "  cacheproof run\n"
                  "  cacheproof run my.yaml --buildkit v0.11.6,v0.34.2 --driver buildctl,buildx\n"
                  "  cacheproof run --filter 'asset_edit*mod=max' -v\n"
                  "  cacheproof run --accept my.yaml\n");
  command->callback(
      [&session, options] { session.action = [&session, options] { return run(*options, session.stop); }; });
}

} // namespace cacheproof::cli
