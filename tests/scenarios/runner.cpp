// Every case of scenarios/ on every pinned version as a GoogleTest test, registered when the program starts; those
// tagged `smoke` through every driver.
// `--list-cases` prints them for ctest (see discover.cmake.in), one a line: name, --gtest_filter, labels.
#include "engine/builders.hpp"
#include "engine/drivers.hpp"
#include "engine/images.hpp"
#include "engine/load.hpp"
#include "engine/plan.hpp"
#include "engine/play.hpp"
#include "engine/repositories.hpp"
#include "engine/rig.hpp"
#include "engine/run_folder.hpp"
#include "process/signals.hpp"
#include "report/console.hpp"
#include "report/text.hpp"
#include "toolchain/toolchain.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>

namespace cacheproof {
namespace {

std::string environment(const char* name, const std::string& otherwise = {}) {
  const char* value = std::getenv(name);
  return value && *value ? value : otherwise;
}

/// Versions to play: $CACHEPROOF_BUILDKIT (a comma between two), else those of the group `smoke`.
std::vector<std::string> versions() {
  const auto chosen = environment("CACHEPROOF_BUILDKIT");
  return chosen.empty() ? toolchain::in_group(toolchain::Kind::buildkit, toolchain::k_smoke) : util::split(chosen, ',');
}

using Scenarios = std::vector<std::shared_ptr<const scenario::Scenario>>;

/// Through buildctl, and those tagged `smoke` through every buildx and on every Docker engine of that group; all of
/// them through $CACHEPROOF_DRIVER (a comma between two) where that is said.
util::Result<std::vector<engine::Case>> plan(const Scenarios& scenarios) {
  const auto said = environment("CACHEPROOF_DRIVER");
  const auto drivers = said.empty() ? std::vector<std::string>{} : util::split(said, ',');
  CP_TRY_ASSIGN(const auto everywhere, engine::choose_drivers(drivers, {}));
  auto cases = engine::plan(scenarios, versions(), everywhere);
  if (!drivers.empty()) return cases;
  Scenarios smoke;
  for (const auto& each : scenarios)
    if (std::find(each->tags.begin(), each->tags.end(), "smoke") != each->tags.end()) smoke.push_back(each);
  CP_TRY_ASSIGN(const auto others,
                engine::choose_drivers({"buildx"}, toolchain::in_group(toolchain::Kind::buildx, toolchain::k_smoke)));
  for (auto& planned : engine::plan(smoke, versions(), others)) cases.push_back(std::move(planned));
  CP_TRY_ASSIGN(
      const auto engines,
      engine::choose_drivers({"docker"}, {}, toolchain::in_group(toolchain::Kind::docker, toolchain::k_smoke)));
  for (auto& planned : engine::plan(smoke, {}, engines)) cases.push_back(std::move(planned));
  CP_TRY_ASSIGN(const auto containers, engine::choose_drivers({"docker-container"}, {}));
  for (auto& planned : engine::plan(smoke, {toolchain::default_version()}, containers))
    cases.push_back(std::move(planned));
  return cases;
}

std::string suite_of(const engine::Case& planned) {
  return engine::plain_id(planned.scenario->id);
}

std::string name_of(const engine::Case& planned) {
  return engine::plain_id(planned.id.substr(planned.scenario->id.size()));
}

/// All that is wrong with the scenario files, as one failing test; then no case is registered.
class InvalidScenarios : public testing::Test {
public:
  explicit InvalidScenarios(std::vector<util::Diagnostic> diagnostics)
      : diagnostics_(std::move(diagnostics)) {}
  void TestBody() override {
    for (const auto& diagnostic : diagnostics_)
      if (diagnostic.severity == util::Severity::error)
        ADD_FAILURE_AT(diagnostic.spot.file.c_str(), diagnostic.spot.line) << util::to_text(diagnostic);
  }

private:
  std::vector<util::Diagnostic> diagnostics_;
};

class PlayedCase : public testing::Test {
public:
  PlayedCase(engine::Case planned, std::stop_token stop)
      : planned_(std::move(planned)),
        stop_(std::move(stop)) {}

  void TestBody() override {
    if (geteuid() != 0) GTEST_SKIP() << "playing scenarios needs root: buildkitd mounts file systems";
    report::Console console(std::cout, report::console_options(false));
    for (const auto& line : engine::sweep()) console.said(line);
    const auto repositories =
        engine::Repositories::clone({planned_.scenario}, {}, stop_, [&](std::string_view line) { console.said(line); });
    if (!repositories) return broken(util::to_text(repositories.error()));
    for (const auto& found : repositories->diagnostics())
      if (found.severity == util::Severity::error)
        ADD_FAILURE_AT(found.spot.file.c_str(), found.spot.line) << util::to_text(found);
    if (HasFailure()) return;
    planned_.scenario = repositories->scenarios().front();
    if (const auto& docker = planned_.driver.docker; !docker.empty())
      if (const auto there = toolchain::find(toolchain::Kind::docker, docker); !there)
        GTEST_SKIP() << there.error().what; // what installs it has said why not
    engine::Rigs rigs;
    engine::Supply supply;
    supply.install.say = [&](std::string_view line) { console.said(line); };
    supply.install.stop = stop_;
    for (const auto& version : engine::rigs_of(planned_)) {
      auto rig = engine::prepare_rig(
          {.buildkit = version, .buildx = engine::buildx_needed({planned_.driver}, {planned_.scenario})}, supply);
      if (!rig) return broken(util::to_text(rig.error()));
      if (const auto added = engine::add_frontends(*rig, engine::frontends_of(planned_), supply); !added)
        return broken(util::to_text(added.error()));
      rigs.emplace(version, std::move(*rig));
    }
    const auto folder =
        engine::RunFolder::create(environment("CACHEPROOF_OUT", "cacheproof-out"), environment("CACHEPROOF_RUN"));
    if (!folder) return broken(util::to_text(folder.error()));

    const auto played = engine::play(
        planned_, rigs, {.folder = folder->path() / engine::plain_id(planned_.id), .stop = stop_}, console);
    switch (played.verdict) {
    case evidence::Verdict::passed:
    case evidence::Verdict::known:
      return;
    case evidence::Verdict::skipped:
      GTEST_SKIP() << played.reason;
    case evidence::Verdict::broken:
      return broken(report::why_broken(played));
    case evidence::Verdict::failed:
    case evidence::Verdict::stale:
      break;
    }
    if (played.repeat)
      for (const auto& finding : played.repeat->findings)
        ADD_FAILURE_AT(finding.spot.file.c_str(), finding.spot.line) << report::to_text(finding);
    for (const auto& round : played.rounds)
      for (const auto& finding : round.findings)
        ADD_FAILURE_AT(finding.spot.file.c_str(), finding.spot.line) << report::to_text(finding);
  }

private:
  /// The rig failed: red, but with a prefix of its own, so that nobody reads it as a mismatch of the cache.
  void broken(const std::string& why) const {
    ADD_FAILURE_AT(planned_.scenario->file.c_str(), 1) << "BROKEN RIG (no verdict about the cache): " << why;
  }

  engine::Case planned_;
  std::stop_token stop_;
};

void register_cases(const std::vector<engine::Case>& cases, std::stop_token stop) {
  for (const auto& planned : cases)
    testing::RegisterTest(suite_of(planned).c_str(),
                          name_of(planned).c_str(),
                          nullptr,
                          nullptr,
                          planned.scenario->file.c_str(),
                          1,
                          [planned, stop]() -> testing::Test* { return new PlayedCase(planned, stop); });
}

int run(int argc, char** argv) {
  const process::StopOnSignals signals;
  const std::filesystem::path source = CACHEPROOF_SOURCE_DIR;
  auto loaded = engine::load({environment("CACHEPROOF_SCENARIOS", (source / "scenarios").string())});
  auto cases_or = plan(loaded.scenarios);
  if (!cases_or) {
    std::cerr << util::to_text(cases_or.error()) << '\n';
    return 1;
  }
  auto& cases = *cases_or;
  for (auto& diagnostic : engine::unclaimed(cases)) loaded.diagnostics.push_back(std::move(diagnostic));
  const bool invalid = util::any_error(loaded.diagnostics);
  if (invalid) cases.clear();
  if (const auto twins = engine::collision(cases)) { // two tests of one name would hide each other
    std::cerr << fmt::format("{} and {} have one test name: rename one\n", twins->first, twins->second);
    return 1;
  }

  if (argc > 1 && std::string(argv[1]) == "--list-cases") {
    if (invalid) std::cout << "scenarios_are_valid\tScenarios.AreValid\tinvalid\n";
    for (const auto& planned : cases)
      std::cout << fmt::format("{}.{}\t{}.{}\t{}\n",
                               planned.scenario->id,
                               name_of(planned),
                               suite_of(planned),
                               name_of(planned),
                               util::join(planned.scenario->tags, ","));
    return 0;
  }
  testing::InitGoogleTest(&argc, argv);
  if (invalid)
    testing::RegisterTest("Scenarios", "AreValid", nullptr, nullptr, __FILE__, __LINE__, [&]() -> testing::Test* {
      return new InvalidScenarios(loaded.diagnostics);
    });
  register_cases(cases, signals.token());
  return RUN_ALL_TESTS();
}

} // namespace
} // namespace cacheproof

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv, argv + argc);
  if (words.size() == 5 && words[1] == cacheproof::engine::k_clone_word)
    return cacheproof::engine::clone_alone(words[2], words[3], std::chrono::seconds(std::stoul(words[4])));
  return cacheproof::run(argc, argv);
}
