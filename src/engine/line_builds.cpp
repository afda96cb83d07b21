#include "engine/line_builds.hpp"

#include "judge/steps.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <iterator>
#include <map>
#include <utility>

namespace cacheproof::engine {
namespace {

template <class T> void append(std::vector<T>& all, std::vector<T>& more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

} // namespace

evidence::BuildRecord together(std::vector<LineBuild> builds) {
  if (builds.size() == 1) return std::move(builds.front().record);
  evidence::BuildRecord all;
  all.ref = builds.front().record.ref;
  all.builder = builds.front().record.builder;
  all.succeeded = true;
  std::map<std::string, int> met;
  for (auto& [name, record] : builds) {
    const int number = ++met[name];
    const auto shown = number == 1 ? name : fmt::format("{}#{}", name, number);
    for (auto& step : record.steps) step.build = shown;
    append(all.steps, record.steps);
    append(all.warnings, record.warnings);
    append(all.imports, record.imports);
    append(all.graph, record.graph);
    if (record.succeeded) continue;
    all.succeeded = false;
    all.error += fmt::format("{}{}: {}", all.error.empty() ? "" : "\n", shown, record.error);
  }
  return all;
}

std::set<std::string> frontends_read(const buildkit::RawBuild& raw, const dockerfile::File& file) {
  const auto& asked = raw.frontend_attributes;
  std::set<std::string> images;
  for (const std::string name : {"source", "build-arg:BUILDKIT_SYNTAX"})
    if (const auto frontend = asked.find(name); frontend != asked.end())
      images.insert(frontend->second.substr(0, frontend->second.find(' ')));
  // In the place of the Dockerfile's line (frontend/dockerfile/builder/build.go); `source` alone is not: who is named
  // there reads the line.
  if (!asked.contains("cmdline") && !asked.contains("build-arg:BUILDKIT_SYNTAX")) images.insert(file.syntax.image);
  return images;
}

std::set<std::string>
images_read(const buildkit::RawBuild& raw, const dockerfile::File& file, const std::string& target) {
  const auto stage = file.find_target(target);
  auto images = stage ? file.images(*stage) : std::set<std::string>{};
  std::erase_if(images, [&](const auto& name) {
    // A named context stands in for an image of its name.
    return raw.frontend_attributes.contains("context:" + name);
  });
  images.merge(frontends_read(raw, file));
  return images;
}

util::Status check_steps(const Case& planned, const scenario::Round& round, const evidence::RoundEvidence& seen) {
  if (!seen.record.succeeded) return {};
  const auto world = world_of(planned, round);
  std::vector<scenario::StepReference> references;
  const auto add = [&](const scenario::Expectations& expect) {
    const auto all = [&](const auto& steps) { references.insert(references.end(), steps.begin(), steps.end()); };
    if (const auto* chosen = expect.rebuilt ? expect.rebuilt->choose(world) : nullptr) all(chosen->value.steps);
    for (const auto* claim : {&expect.cached, &expect.unneeded})
      if (const auto* chosen = *claim ? (*claim)->choose(world) : nullptr) all(chosen->value);
  };
  add(round.expect);
  if (round.known_issue && scenario::matches(round.known_issue->when, world)) add(round.known_issue->expect);
  for (const auto& reference : references) {
    const auto missing = judge::unmatched(reference, seen.record);
    if (missing.empty()) continue;
    std::vector<std::string> steps;
    for (const auto& step : seen.record.steps)
      if (step.kind == evidence::StepKind::step) steps.push_back(label(step));
    return util::failure(fmt::format("{}:{}: what this command line built has no step {}",
                                     reference.spot.file,
                                     reference.spot.line,
                                     util::join(missing, ", ")),
                         seen.command,
                         "its steps are\n    " + util::join(steps, "\n    "),
                         util::Blame::input);
  }
  return {};
}

} // namespace cacheproof::engine
