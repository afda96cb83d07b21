#include "judge/makers.hpp"

#include "judge/steps.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace cacheproof::judge {
namespace {

using evidence::Step;

/// The keyword and the rest of an instruction, without its flags: the history does not have them.
std::pair<std::string, std::string> without_flags(std::string_view instruction) {
  auto rest = util::trim(instruction);
  const auto end = std::min(rest.find_first_of(" \t"), rest.size());
  const std::string keyword(rest.substr(0, end));
  rest = util::trim(rest.substr(end));
  while (rest.starts_with("--")) rest = util::trim(rest.substr(std::min(rest.find_first_of(" \t"), rest.size())));
  return {keyword, std::string(rest)};
}

/// A RUN has its shell and build arguments before the command: `RUN |1 A=b /bin/sh -c make`. What a variable stands
/// for, and the JSON form, are not written as in the Dockerfile: such a step is not recognised.
bool made(const std::string& instruction, std::string_view created_by) {
  constexpr std::string_view k_mark = " # buildkit";
  if (created_by.ends_with(k_mark)) created_by.remove_suffix(k_mark.size());
  const auto [keyword, rest] = without_flags(instruction);
  if (rest.empty() || !created_by.starts_with(keyword + " ")) return false;
  return created_by == keyword + " " + rest || (keyword == "RUN" && created_by.ends_with(" " + rest));
}

/// Whether `holds` for one of the steps or one below them.
template <class Holds> bool any_below(std::vector<const Step*> from, const evidence::BuildRecord& record, Holds holds) {
  std::set<const Step*> seen(from.begin(), from.end());
  while (!from.empty()) {
    const auto* step = from.back();
    from.pop_back();
    if (holds(*step)) return true;
    for (const auto& each : record.steps) {
      const bool below = std::any_of(each.vertices.begin(), each.vertices.end(), [&](const auto& vertex) {
        return std::find(step->inputs.begin(), step->inputs.end(), vertex) != step->inputs.end();
      });
      if (below && seen.insert(&each).second) from.push_back(&each);
    }
  }
  return false;
}

} // namespace

Makers makers_of(const std::string& created_by, const evidence::BuildRecord& record) {
  Makers makers;
  std::vector<const Step*> all;
  for (const auto& step : record.steps) {
    if (step.kind != evidence::StepKind::step) continue;
    all.push_back(&step);
    if (step.outcome != evidence::Outcome::unneeded
        && std::any_of(step.places.begin(), step.places.end(), [&](const auto& place) {
             return made(place.instruction, created_by);
           }))
      makers.steps.push_back(&step);
  }
  makers.cached = !any_below(makers.steps.empty() ? all : makers.steps, record, [](const Step& step) {
    return step.kind == evidence::StepKind::step && executed(step);
  });
  return makers;
}

bool stand_on(const Makers& makers, const std::set<const Step*>& steps, const evidence::BuildRecord& record) {
  return any_below(makers.steps, record, [&](const Step& step) { return steps.contains(&step); });
}

bool copied_context(const Step& step) {
  return executed(step) && !step.places.empty()
         && std::all_of(step.places.begin(), step.places.end(), [](const auto& place) {
              return place.instruction.starts_with("COPY ") && place.instruction.find(" --from=") == std::string::npos;
            });
}

} // namespace cacheproof::judge
