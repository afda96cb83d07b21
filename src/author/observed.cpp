#include "author/observed.hpp"

#include "author/yaml_text.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace cacheproof::author {
namespace {

using evidence::BuildRecord;
using evidence::Outcome;
using evidence::Step;
using evidence::StepKind;

/// Steps of consecutive numbers in one stage.
struct Run {
  std::string stage;
  int line = 0; ///< of the first one
  int first = 0;
  int last = 0;
  std::set<const Step*> steps;
  bool has_own = false; ///< a step that no other stage shares

  std::string to_text() const {
    return first == last ? fmt::format("{} {}", stage, first) : fmt::format("{} {}-{}", stage, first, last);
  }
};

/// The stage as a step reference names it: behind its build, where there are several, and its platform.
std::string stage_of(const Step& step, const evidence::Place& place) {
  return (step.build.empty() ? "" : step.build + ":") + (place.platform.empty() ? "" : place.platform + " ")
         + place.stage;
}

std::vector<Run> runs_of(const std::vector<const Step*>& steps) {
  std::map<std::string, std::map<int, std::pair<const Step*, int>>> stages; // number → step and its line
  for (const auto* step : steps)
    for (const auto& place : step->places) stages[stage_of(*step, place)][place.number] = {step, place.line};
  std::vector<Run> runs;
  for (const auto& [stage, numbers] : stages)
    for (const auto& [number, found] : numbers) {
      const auto* step = found.first;
      if (runs.empty() || runs.back().stage != stage || runs.back().last + 1 != number)
        runs.push_back({stage, found.second, number, number, {}, false});
      auto& run = runs.back();
      run.last = number;
      run.steps.insert(step);
      const auto here = [&](const auto& place) { return stage_of(*step, place) == run.stage; };
      if (std::all_of(step->places.begin(), step->places.end(), here)) run.has_own = true;
    }
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) {
    return std::pair(a.line, a.first) < std::pair(b.line, b.first);
  });
  return runs;
}

bool executed(const Step& step) {
  return step.outcome == Outcome::rebuilt || step.outcome == Outcome::failed;
}

/// Every sign that means something in a regex taken literally.
std::string escaped(std::string_view text) {
  std::string regex;
  for (const char c : text) {
    if (std::string_view(R"(^$\.*+?()[]{}|/)").find(c) != std::string_view::npos) regex += '\\';
    regex += c;
  }
  return regex;
}

/// What is compared between two plays, in words: name → value.
std::vector<std::pair<std::string, std::string>> facts(const evidence::RoundEvidence& round) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& step : round.record.steps)
    if (step.kind == StepKind::step) all.emplace_back(label(step), to_text(step.outcome));
  if (rebuilt_claim(round.record) == "all")
    for (const auto& cache : round.caches)
      all.emplace_back("the cache at " + cache.ref.substr(cache.ref.find('/') + 1),
                       fmt::format("{} with {} layers", to_text(cache.shape), cache.layers.size()));
  std::vector<std::string> warnings;
  for (const auto& warning : round.record.warnings) warnings.push_back(warning.text);
  std::sort(warnings.begin(), warnings.end());
  all.emplace_back("warnings", warnings.empty() ? "none" : util::join(warnings, "; "));
  return all;
}

} // namespace

std::optional<std::vector<std::string>> references(const std::vector<const Step*>& steps) {
  for (const auto* step : steps)
    if (step->places.empty()) return std::nullopt;
  const auto runs = runs_of(steps);
  std::set<const Step*> named;
  std::vector<bool> taken(runs.size(), false);
  for (const bool own : {true, false})
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const auto& run = runs[i];
      const bool all_named = std::includes(named.begin(), named.end(), run.steps.begin(), run.steps.end());
      if (run.has_own != own || all_named) continue;
      taken[i] = true;
      named.insert(run.steps.begin(), run.steps.end());
    }
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < runs.size(); ++i)
    if (taken[i]) texts.push_back(runs[i].to_text());
  return texts;
}

std::optional<std::string> rebuilt_claim(const BuildRecord& record) {
  std::vector<const Step*> ran;
  std::size_t needed = 0;
  for (const auto& step : record.steps) {
    if (step.kind != StepKind::step || step.outcome == Outcome::unneeded) continue;
    ++needed;
    if (executed(step)) ran.push_back(&step);
  }
  if (needed == 0) return std::nullopt;
  if (ran.size() == needed) return "all";
  if (ran.empty()) return "none";
  const auto names = references(ran);
  if (!names) return std::nullopt;
  return yaml_list(*names);
}

std::optional<std::string> imported_claim(const BuildRecord& record) {
  if (record.imports.empty()) return std::nullopt;
  for (const auto& import : record.imports) {
    if (import.error.empty()) continue;
    const auto colon = import.error.rfind(": ");
    const auto last = colon == std::string::npos ? import.error : import.error.substr(colon + 2);
    return fmt::format("{{error: {}}}", yaml_word(escaped(last)));
  }
  return "ok";
}

std::string warnings_claim(const BuildRecord& record) {
  std::vector<std::string> regexes;
  for (const auto& warning : record.warnings) regexes.push_back(escaped(warning.text));
  return yaml_list(regexes);
}

std::vector<std::string> differences(const evidence::CaseEvidence& first, const evidence::CaseEvidence& second) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < std::min(first.rounds.size(), second.rounds.size()); ++i) {
    const auto now = facts(second.rounds[i]);
    for (const auto& [name, value] : facts(first.rounds[i])) {
      const auto other =
          std::find_if(now.begin(), now.end(), [&name = name](const auto& each) { return each.first == name; });
      const auto seen = other == now.end() ? "not there" : other->second;
      if (seen != value) all.push_back(fmt::format("round {}: {}: {}, then {}", i + 1, name, value, seen));
    }
  }
  if (first.rounds.size() != second.rounds.size())
    all.push_back(fmt::format("{} rounds were played, then {}", first.rounds.size(), second.rounds.size()));
  return all;
}

} // namespace cacheproof::author
