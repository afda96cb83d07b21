#include "lint/step_references.hpp"

#include "scenario/codes.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

namespace cacheproof::lint {
namespace {

using scenario::StepReference;

/// All references of one claim, those of every alternative.
template <class T, class Steps>
void collect(std::vector<StepReference>& all, const std::optional<scenario::Claim<T>>& claim, Steps steps) {
  if (!claim) return;
  for (const auto& alternative : claim->alternatives)
    for (const auto& reference : steps(alternative.value)) all.push_back(reference);
}

bool is_step(const dockerfile::Instruction& instruction) {
  return instruction.number > 0 && instruction.keyword != "FROM";
}

constexpr std::size_t k_most = 100;            ///< references told of, and what they may mean
constexpr std::size_t k_typed = 100;           ///< a longer glob is compared with no step letter by letter
constexpr std::size_t k_compared = 10'000'000; ///< references by instructions

/// Whether each number that the reference writes is one of the stage; FROM may be within a range, but not alone. The
/// stage's total is no such bound: `WORKDIR /` counts in it without having a number.
bool numbers_exist(const StepReference& reference, const dockerfile::Stage& stage) {
  if (reference.first == 0) return true;
  const auto last = std::find_if(stage.instructions.rbegin(), stage.instructions.rend(), is_step);
  return last != stage.instructions.rend() && reference.last <= last->number;
}

std::string steps_of(const dockerfile::Stage& stage) {
  std::string text;
  std::size_t count = 0;
  for (const auto& instruction : stage.instructions) {
    if (!is_step(instruction)) continue;
    if (++count > k_most) return "its steps are" + text + "\n    …";
    text += fmt::format("\n    {} {}/{} {}", stage.name, instruction.number, stage.total, instruction.text);
  }
  return text.empty() ? "it has no steps" : "its steps are" + text;
}

/// The instruction that the glob nearly names; where it ends in `*`, the beginning of one.
std::optional<std::string> near_step(const std::string& glob, const dockerfile::Stage& stage) {
  if (glob.empty() || glob.size() > k_typed) return std::nullopt;
  const std::string end = glob.ends_with('*') ? "*" : "";
  std::vector<std::string> candidates;
  for (const auto& instruction : stage.instructions)
    if (is_step(instruction) && candidates.size() < k_most)
      candidates.push_back(end.empty() ? instruction.text : instruction.text.substr(0, glob.size() - 1) + end);
  return util::nearest(glob, candidates);
}

std::string names_of(const std::vector<std::string>& stages) {
  const auto end = stages.begin() + static_cast<std::ptrdiff_t>(std::min(k_most, stages.size()));
  return "its stages are " + util::join({stages.begin(), end}, ", ") + (end == stages.end() ? "" : ", …");
}

util::Diagnostic at(const StepReference& reference,
                    const scenario::Code& code,
                    std::string message,
                    std::string hint,
                    const std::vector<std::string>& source) {
  auto one = scenario::diagnostic(code, reference.spot, source, std::move(message), std::move(hint));
  one.width = static_cast<int>(reference.text.size());
  return one;
}

} // namespace

std::vector<util::Diagnostic> check_references(const scenario::Expectations& expect,
                                               const dockerfile::File& dockerfile,
                                               const std::vector<std::string>& platforms,
                                               const std::vector<std::string>& source) {
  std::vector<StepReference> references;
  collect(references, expect.rebuilt, [](const auto& set) { return set.steps; });
  collect(references, expect.cached, [](const auto& steps) { return steps; });
  collect(references, expect.unneeded, [](const auto& steps) { return steps; });
  return check_references(references, dockerfile, platforms, source);
}

std::vector<util::Diagnostic> check_references(const std::vector<StepReference>& references,
                                               const dockerfile::File& dockerfile,
                                               const std::vector<std::string>& platforms,
                                               const std::vector<std::string>& source) {
  std::vector<util::Diagnostic> found;
  std::map<std::string_view, const dockerfile::Stage*> stages; // the first of each name
  std::vector<std::string> names;
  std::size_t instructions = 0;
  for (const auto& one : dockerfile.stages) {
    stages.emplace(one.name, &one);
    names.push_back(one.name);
    instructions += one.instructions.size();
  }
  if (references.size() * instructions > k_compared)
    return {at(references.front(),
               scenario::codes::k_too_large,
               fmt::format("{} references to steps are too many for the {} instructions of {}",
                           references.size(),
                           instructions,
                           dockerfile.name),
               {},
               source)};
  for (const auto& reference : references) {
    if (found.size() == k_most) break;
    if (!reference.build.empty()) {
      found.push_back(
          at(reference,
             scenario::codes::k_bad_step_reference,
             fmt::format("'{}' names the build '{}', and this is one build", reference.text, reference.build),
             "a build stands before a stage only where a `run` line starts several",
             source));
      continue;
    }
    if (!reference.platform.empty()
        && (platforms.size() < 2
            || std::find(platforms.begin(), platforms.end(), reference.platform) == platforms.end())) {
      found.push_back(at(reference,
                         scenario::codes::k_unknown_platform,
                         fmt::format("'{}' names no platform of the build", reference.text),
                         platforms.size() < 2 ? "steps have one where a build is for several `platforms`"
                                              : "it is for " + util::join(platforms, ", "),
                         source));
      continue;
    }
    const auto known = stages.find(util::lower(reference.stage));
    if (known == stages.end()) {
      const auto near = util::nearest(reference.stage, names);
      found.push_back(at(reference,
                         scenario::codes::k_unknown_stage,
                         fmt::format("'{}' names no stage of {}", reference.text, dockerfile.name),
                         near ? fmt::format("did you mean '{}'?", *near) : names_of(names),
                         source));
      continue;
    }
    const auto* stage = known->second;
    const bool any = std::any_of(stage->instructions.begin(), stage->instructions.end(), [&](const auto& instruction) {
      return is_step(instruction) && reference.matches(stage->name, instruction.number, instruction.text);
    });
    if (any && numbers_exist(reference, *stage)) continue;
    const auto near = near_step(reference.glob, *stage);
    found.push_back(at(reference,
                       scenario::codes::k_unknown_step,
                       fmt::format("'{}' names no step of stage {}", reference.text, stage->name),
                       (near ? fmt::format("did you mean '{}'? ", *near) : std::string()) + steps_of(*stage),
                       source));
  }
  return found;
}

} // namespace cacheproof::lint
