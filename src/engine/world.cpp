#include "engine/builders.hpp"
#include "engine/engines.hpp"
#include "engine/plan.hpp"
#include "engine/request.hpp"
#include "lint/cache_attributes.hpp"
#include "scenario/codes.hpp"
#include "util/caller.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cacheproof::engine {
namespace {

/// The type of the first `cache_to`, as BuildKit reads it; empty without one.
std::string backend_of(const Case& planned, const scenario::Round& round) {
  if (round.run) return {};
  const auto build = scenario::merge(planned.scenario->build, round.build);
  if (!build.cache_to || build.cache_to->empty()) return {};
  const std::map<std::string, std::string> variables(planned.cell.begin(), planned.cell.end());
  const auto entry = lint::parse_cache_entry(scenario::expand(build.cache_to->front().value, variables));
  if (!entry) return {};
  for (const auto& [name, value] : *entry)
    if (name == "type") return value;
  return "registry";
}

/// `needs buildkit >=0.13, this is v0.11.6`
std::string in_words(const scenario::When::value_type& condition, const scenario::World& world) {
  const auto& [name, values] = condition;
  const auto fact =
      std::find_if(world.begin(), world.end(), [&](const auto& each) { return each.first == condition.first; });
  return fmt::format("needs {} {}, {}",
                     name,
                     util::join(values, " or "),
                     fact == world.end() ? "of which there is none here" : "this is " + fact->second);
}

util::Diagnostic no_alternative(const Case& planned, const char* key, const util::SourceSpot& spot) {
  return scenario::diagnostic(scenario::codes::k_unmatched_case,
                              spot,
                              planned.scenario->source,
                              fmt::format("no alternative of '{}' counts for {}", key, planned.id),
                              "an expectation never vanishes: write one for it, or leave the case out by `requires`");
}

/// What was written for another client. Of a command line it is an option of the frontend, whichever client says it.
std::string anothers_words(const Case& planned, const builder::BuildRequest& request) {
  const auto& needs = planned.scenario->needs;
  const bool meant =
      std::any_of(needs.begin(), needs.end(), [](const auto& condition) { return condition.first == "driver"; });
  const auto& words = request.client_args;
  if (planned.driver.driver == builder::Driver::buildctl || meant || words.empty() || words.front() == "--opt")
    return {};
  return util::join(words, ", ");
}

} // namespace

scenario::World world_of(const Case& planned, const scenario::Round& round) {
  static const bool root = util::is_machine_root(); // for the whole life of the program
  auto world = planned.cell;
  if (auto version = version_of(planned, round); !version.empty()) world.emplace_back("buildkit", std::move(version));
  world.emplace_back("driver", to_text(planned.driver.driver));
  if (planned.driver.driver != builder::Driver::buildctl) world.emplace_back("buildx", planned.driver.version);
  if (!planned.driver.docker.empty()) world.emplace_back("docker", planned.driver.docker);
  world.emplace_back("root", root ? "true" : "false");
  if (auto backend = backend_of(planned, round); !backend.empty()) world.emplace_back("backend", std::move(backend));
  return world;
}

std::optional<std::string> unmet(const Case& planned) {
  const auto& rounds = planned.scenario->rounds;
  if (auto why = unmet_by_engine(planned)) return why;
  for (const auto& condition : planned.scenario->needs) {
    const bool met = std::any_of(rounds.begin(), rounds.end(), [&](const auto& round) {
      const auto builds = scenario::builds_of(round);
      return std::any_of(builds.begin(), builds.end(), [&](const auto& build) {
        return scenario::holds(condition, world_of(planned, build));
      });
    });
    if (!met && !rounds.empty()) return in_words(condition, world_of(planned, rounds.front()));
  }
  const std::map<std::string, std::string> variables(planned.cell.begin(), planned.cell.end());
  for (const auto& round : rounds)
    for (const auto& build : scenario::builds_of(round)) {
      const auto request = make_request(scenario::merge(planned.scenario->build, build.build), variables, {});
      if (const auto words = anothers_words(planned, request); !words.empty())
        return fmt::format("client_args: [{}] are words for buildctl as long as `requires` names no `driver`", words);
      if (const auto keys = builder::inexpressible(planned.driver, request); !keys.empty())
        return fmt::format("{} cannot express {}",
                           planned.driver.docker.empty() ? std::string(to_text(planned.driver.driver))
                                                         : "Docker " + planned.driver.docker,
                           util::join(keys, ", "));
    }
  return {};
}

std::vector<util::Diagnostic> unclaimed(const std::vector<Case>& cases) {
  std::vector<util::Diagnostic> found;
  for (const auto& planned : cases) {
    if (unmet(planned)) continue;
    const auto look_at = [&](const scenario::Round& round) {
      const auto world = world_of(planned, round);
      const auto check = [&](const char* key, const auto& claim) {
        if (!claim.choose(world)) found.push_back(no_alternative(planned, key, claim.spot));
      };
      scenario::for_each_claim(round.expect, check);
      const auto& issue = round.known_issue;
      if (issue && scenario::matches(issue->when, world)) scenario::for_each_claim(issue->expect, check);
    };
    for (const auto& round : planned.scenario->rounds)
      for (const auto& build : scenario::builds_of(round)) look_at(build);
  }
  util::sort_by_place(found);
  return found;
}

} // namespace cacheproof::engine
