#include "lint/step_references.hpp"

#include "scenario/codes.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

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

/// Whether each number that the reference writes is one of the stage; FROM may be within a range, but not alone.
bool numbers_exist(const StepReference& reference, const dockerfile::Stage& stage) {
  return reference.first == 0 || reference.last <= stage.total;
}

std::string steps_of(const dockerfile::Stage& stage) {
  std::string text;
  for (const auto& instruction : stage.instructions)
    if (is_step(instruction))
      text += fmt::format("\n    {} {}/{} {}", stage.name, instruction.number, stage.total, instruction.text);
  return text.empty() ? "it has no steps" : "its steps are" + text;
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
                                               const std::vector<std::string>& source) {
  std::vector<StepReference> references;
  collect(references, expect.rebuilt, [](const auto& set) { return set.steps; });
  collect(references, expect.cached, [](const auto& steps) { return steps; });
  collect(references, expect.unneeded, [](const auto& steps) { return steps; });
  return check_references(references, dockerfile, source);
}

std::vector<util::Diagnostic> check_references(const std::vector<StepReference>& references,
                                               const dockerfile::File& dockerfile,
                                               const std::vector<std::string>& source) {
  std::vector<util::Diagnostic> found;
  for (const auto& reference : references) {
    const auto stage = std::find_if(dockerfile.stages.begin(), dockerfile.stages.end(), [&](const auto& one) {
      return util::lower(one.name) == util::lower(reference.stage);
    });
    if (stage == dockerfile.stages.end()) {
      std::vector<std::string> names;
      for (const auto& one : dockerfile.stages) names.push_back(one.name);
      const auto near = util::nearest(reference.stage, names);
      found.push_back(at(reference,
                         scenario::codes::k_unknown_stage,
                         fmt::format("'{}' names no stage of {}", reference.text, dockerfile.name),
                         near ? fmt::format("did you mean '{}'?", *near) : "its stages are " + util::join(names, ", "),
                         source));
      continue;
    }
    const bool any = std::any_of(stage->instructions.begin(), stage->instructions.end(), [&](const auto& instruction) {
      return is_step(instruction) && reference.matches(stage->name, instruction.number, instruction.text);
    });
    if (any && numbers_exist(reference, *stage)) continue;
    found.push_back(at(reference,
                       scenario::codes::k_unknown_step,
                       fmt::format("'{}' names no step of stage {}", reference.text, stage->name),
                       steps_of(*stage),
                       source));
  }
  return found;
}

} // namespace cacheproof::lint
