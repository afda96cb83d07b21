#include "cli/scenarios.hpp"

#include "engine/exit_code.hpp"
#include "scenario/codes.hpp"
#include "util/diagnostic_format.hpp"
#include "util/text.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>

namespace cacheproof::cli {
namespace fs = std::filesystem;
namespace {

/// Of `PREFIX/bin/cacheproof`: what CMakeLists.txt installs beside it.
fs::path installed_corpus() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).parent_path().parent_path() / CACHEPROOF_INSTALLED_CORPUS;
}

util::Result<std::vector<fs::path>> paths_of(const std::vector<std::string>& given) {
  if (!given.empty()) return std::vector<fs::path>(given.begin(), given.end());
  std::error_code ignored;
  if (fs::is_directory("scenarios", ignored)) return std::vector<fs::path>{"scenarios"};
  // The wrapper says where the checkout is, so that it works from any folder.
  if (const char* home = std::getenv("CACHEPROOF_HOME");
      home && fs::is_directory(fs::path(home) / "scenarios", ignored))
    return std::vector<fs::path>{fs::path(home) / "scenarios"};
  if (const auto corpus = installed_corpus(); fs::is_directory(corpus, ignored)) return std::vector<fs::path>{corpus};
  return util::failure("no scenario was named and there is no folder 'scenarios' here",
                       {},
                       "name a scenario file or a folder of them",
                       util::Blame::usage);
}

} // namespace

void add_format(CLI::App& command, Format& format) {
  static const std::map<std::string, Format> formats{
      {"text", Format::text}, {"json", Format::json}, {"github", Format::github}};
  command
      .add_option("--format",
                  format,
                  "How what is wrong with a scenario is printed: text, json (one document), or github (annotations)")
      ->transform(CLI::CheckedTransformer(formats, CLI::ignore_case))
      ->option_text("text|json|github");
}

void print(const std::vector<util::Diagnostic>& diagnostics, Format format) {
  switch (format) {
  case Format::text:
    std::cerr << util::to_text(diagnostics);
    break;
  case Format::json:
    std::cout << util::to_json(diagnostics);
    break;
  case Format::github:
    std::cout << util::to_github(diagnostics);
    break;
  }
}

tl::expected<engine::Loaded, int> find_scenarios(const std::vector<std::string>& paths) {
  const auto found = paths_of(paths);
  if (!found) return tl::unexpected(report_error(found.error()));
  auto loaded = engine::load(*found);
  if (loaded.scenarios.empty() && !util::any_error(loaded.diagnostics))
    return tl::unexpected(report_error(
        {util::Blame::rig, "there is no scenario (*.yaml) in " + util::join(paths, ", "), {}, "check the path"}));
  return loaded;
}

tl::expected<std::vector<std::shared_ptr<const scenario::Scenario>>, int>
load_scenarios(const std::vector<std::string>& paths, Format format, Claims claims) {
  auto loaded = find_scenarios(paths);
  if (!loaded) return tl::unexpected(loaded.error());
  if (claims == Claims::to_come && !loaded->scenarios.empty()) {
    const auto about_claims = [](const util::Diagnostic& one) {
      namespace codes = scenario::codes;
      return one.code == codes::k_empty_claim.code || one.code == codes::k_unknown_stage.code
             || one.code == codes::k_unknown_step.code || one.code == codes::k_unknown_platform.code;
    };
    std::erase_if(loaded->diagnostics, about_claims);
  }
  // A document of JSON is for what is refused: a run prints something else then.
  if (format != Format::json || util::any_error(loaded->diagnostics)) print(loaded->diagnostics, format);
  if (util::any_error(loaded->diagnostics)) return tl::unexpected(engine::k_exit_invalid_scenario);
  return std::move(loaded->scenarios);
}

std::optional<int> report_found(const std::vector<util::Diagnostic>& diagnostics, Format format) {
  if (diagnostics.empty()) return std::nullopt;
  print(diagnostics, format);
  return util::any_error(diagnostics) ? std::optional(engine::k_exit_invalid_scenario) : std::nullopt;
}

std::optional<int> refuse_unclaimed(const std::vector<engine::Case>& cases, Format format) {
  return report_found(engine::unclaimed(cases), format);
}

int report_error(const util::Error& error) {
  std::cerr << "cacheproof: " << util::to_text(error) << '\n';
  switch (error.blame) {
  case util::Blame::input:
    return engine::k_exit_invalid_scenario;
  case util::Blame::usage:
    return engine::k_exit_usage;
  case util::Blame::rig:
  case util::Blame::interrupted:
  case util::Blame::unable:
    break;
  }
  return 2;
}

} // namespace cacheproof::cli
