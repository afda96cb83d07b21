#include "engine/engines.hpp"

#include "builder/scratch.hpp"
#include "dockerfile/dockerfile.hpp"
#include "engine/images.hpp"
#include "engine/play_result.hpp"
#include "engine/request.hpp"
#include "engine/texts.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace cacheproof::engine {
namespace {

using Why = std::optional<std::string>;

/// dockerd.cpp: it knows mirrors of Docker Hub alone.
Why foreign_image(const Case& planned) {
  const auto served = base_images(*planned.scenario);
  auto images = served ? *served : std::vector<oci::Reference>();
  for (auto& image : upstream_images(*planned.scenario, planned.cell)) images.push_back(std::move(image));
  for (const auto& image : images)
    if (image.host != "docker.io")
      return fmt::format("an engine has no mirror of {}, where {} comes from", image.host, oci::to_text(image));
  return {};
}

bool is_alone(const scenario::Scenario& scenario) {
  return std::all_of(
      scenario.rounds.begin(), scenario.rounds.end(), [](const auto& round) { return round.parallel.empty(); });
}

/// What in a Dockerfile does not begin with a base image, so that another build may have made the same.
Why shared_content(const builder::BuildRequest& request, const std::string& text) {
  constexpr std::string_view image = "docker-image://";
  for (const auto& [name, value] : request.additional_contexts)
    if (value.find("://") != value.npos && !value.starts_with(image))
      return fmt::format("what is built from {}, your engine may have already", value);
  const auto reading = dockerfile::read(text, "Dockerfile", {request.args.begin(), request.args.end()});
  if (!reading.file) return "what its Dockerfile builds is not known beforehand, and your engine may have it already";
  for (const auto& stage : reading.file->stages) {
    if (stage.base == "scratch") return "what is built from scratch, your engine may have already";
    for (const auto& instruction : stage.instructions)
      for (const auto& flag : instruction.flags)
        // BuildKit reads the attributes of a mount in small letters.
        if (flag.name == "link"
            || (flag.name == "mount" && util::lower(flag.value).find("type=cache") != std::string::npos))
          return fmt::format("what `--{}` makes, your engine may have already", flag.name);
  }
  return {};
}

/// An image that would get a name in the user's engine which another one may have.
Why public_name(const builder::BuildRequest& request) {
  auto names = request.tags;
  for (const auto& entry : request.output)
    for (const auto& field : builder::fields_of(entry))
      if (const auto [key, value] = builder::attribute_of(field); key == "name")
        for (auto& name : util::split(value, ',')) names.push_back(std::move(name));
  for (const auto& name : names)
    if (!name.starts_with("${registry")) return fmt::format("an image of your engine would be called {}", name);
  return {};
}

/// The same of a build in a container, whose image comes to the engine where it is asked for.
Why loaded_image(const Case& planned) {
  Why why;
  for_each_build(*planned.scenario, planned.cell, [&](const auto& build, const auto& request, const auto&) {
    if (build.run) why = "what its command line brings to your engine is not known beforehand";
    for (const auto& entry : request.output)
      if (const auto fields = builder::fields_of(entry);
          std::find(fields.begin(), fields.end(), "type=docker") != fields.end()
          && std::none_of(fields.begin(), fields.end(), [](const auto& field) { return field.starts_with("dest="); }))
        why = "the image of its build would come to your engine, and nothing says there whose it is";
  });
  return why;
}

/// dockerd keeps what it has built: who may remove nothing gets a fresh builder by names that nobody has built with.
/// That holds for what begins with a base image, which no other case has.
Why not_private(const Case& planned) {
  const auto& scenario = *planned.scenario;
  const bool fresh = scenario.builders.kind == scenario::Builders::Kind::fresh;
  if (fresh && (scenario.rounds.size() > 1 || scenario.repeat))
    return "every round has a fresh builder, and nothing is removed from your engine";
  for (const auto& round : scenario.rounds)
    for (const auto& action : round.actions) {
      if (action.kind == scenario::Action::Kind::new_builder)
        return "`new_builder` would be a new one, and nothing is removed from your engine";
      if (action.kind == scenario::Action::Kind::prune) return "`prune` would prune your engine";
    }
  Why why;
  for_each_build(scenario, planned.cell, [&](const auto& build, const auto& request, const auto& text) {
    if (build.run) why = "what its command line builds is not known beforehand, and your engine may have it already";
    if (!why) why = public_name(request);
    if (!why) why = shared_content(request, text.value_or(""));
  });
  return why;
}

/// What an engine of the user's cannot do that one of our own does.
Why unmet_by_users(const Case& planned) {
  const auto& scenario = *planned.scenario;
  if (scenario.builders.named.size() > 1) return "its builders are several, and your engine is one";
  if (!scenario.images.empty() && !builder::takes_source_policy(planned.driver))
    return fmt::format("Docker {} cannot be told where its base images are", planned.driver.docker);
  if (const auto images = upstream_images(scenario, planned.cell); !images.empty())
    return fmt::format("your engine would read {} past the mirror that pins it", oci::to_text(images.front()));
  for (const auto& round : scenario.rounds) {
    for (const auto& action : round.actions)
      if (action.kind == scenario::Action::Kind::restart_builder) return "your engine is not restarted";
    for (const auto& build : scenario::builds_of(round))
      if (demand_of(scenario, build).clean)
        return "a build without a cache, to compare the result with, needs an engine beside yours";
  }
  return planned.driver.engine == builder::Engine::host ? not_private(planned) : Why();
}

Why unmet_in(const Case& planned, const scenario::Round& round) {
  if (round.run && builder::has_no_history(planned.driver))
    return fmt::format("Docker {} keeps no history, which tells what a command line has built", planned.driver.docker);
  const auto demand = demand_of(*planned.scenario, round);
  if (demand.image && builder::has_graph_driver(planned.driver) && demand.as_image)
    return fmt::format("Docker {} exports no image whose config could be read", planned.driver.docker);
  return {};
}

template <class Is> bool any_action(const scenario::Scenario& scenario, Is is) {
  return std::any_of(scenario.rounds.begin(), scenario.rounds.end(), [&](const auto& round) {
    return std::any_of(round.actions.begin(), round.actions.end(), is);
  });
}

bool is_restart(const scenario::Action& action) {
  return action.kind == scenario::Action::Kind::restart_builder;
}

bool keeps_storage(const scenario::Action& action) {
  return action.kind == scenario::Action::Kind::prune && action.keep_storage > 0;
}

} // namespace

std::optional<std::string> unmet_by_engine(const Case& planned) {
  if (planned.driver.docker.empty()) return {};
  const auto& scenario = *planned.scenario;
  if (scenario.daemon) return "`setup.daemon` is of a buildkitd, and an engine has none";
  if (lines_name(scenario, "buildctl"))
    return "its command line calls buildctl, which builds on a BuildKit and not in a Docker engine";
  if (planned.driver.driver == builder::Driver::container) {
    if (any_action(scenario, is_restart)) return "nothing restarts a BuildKit in a container";
    return planned.driver.engine == builder::Engine::host ? loaded_image(planned) : Why();
  }
  for (const auto& builder : scenario.builders.named)
    if (builder.buildkit) return "its builders name versions of BuildKit, and an engine has its own";
  if (planned.driver.engine != builder::Engine::own) {
    if (auto why = unmet_by_users(planned)) return why;
  } else if (auto why = foreign_image(planned)) {
    return why;
  }
  // cache/manager.go of BuildKit leaves out what is shared with an image.
  if (any_action(scenario, keeps_storage))
    return "`keep_storage` counts nothing that an engine has in an image, and it has one of every build";
  if (builder::has_no_history(planned.driver) && !is_alone(scenario))
    return fmt::format("Docker {} keeps no history, which tells builds apart", planned.driver.docker);
  for (const auto& round : scenario.rounds)
    for (const auto& build : scenario::builds_of(round))
      if (auto why = unmet_in(planned, build)) return why;
  return {};
}

} // namespace cacheproof::engine
