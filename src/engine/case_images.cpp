#include "engine/builders.hpp"
#include "engine/case_world.hpp"
#include "engine/contained.hpp"
#include "engine/images.hpp"
#include "engine/request.hpp"
#include "oci/image.hpp"
#include "oci/registry_client.hpp"
#include "sandbox/containers.hpp"
#include "util/files.hpp"
#include "util/version.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

// The base images of a case: what they have, and where its daemons find them.
namespace cacheproof::engine {
namespace {

/// The first BuildKit whose mirrors may have a path (util/resolver/resolver.go of v0.11.6 and v0.12.5).
const util::Version k_mirrors_with_path{0, 12, 0, {}};

} // namespace

/// An engine of the user's knows no mirror of ours: it is told with every build where the images lie.
util::Status CaseWorld::write_source_policy(const std::vector<oci::Reference>& images) const {
  if (!builder::is_in_users_engine(planned_.driver)) return {};
  auto rules = nlohmann::json::array();
  for (const auto& image : images) { // a digest may follow
    const auto at = fmt::format("docker-image://{}/{}:{}", sandbox_->registry().place(), image.repository, image.tag);
    rules.push_back({{"action", "CONVERT"},
                     {"selector", {{"identifier", "docker-image://" + oci::to_text(image) + "*"}}},
                     {"updates", {{"identifier", at + "${1}"}}}});
  }
  return util::write_text(source_policy(), nlohmann::json{{"rules", rules}}.dump(2));
}

/// At the user's registry the base images lie below a path.
util::Status CaseWorld::check_mirrors(const std::vector<oci::Reference>& images) const {
  if (round_rig_->registry.empty() || images.empty() || builder::is_in_users_engine(planned_.driver)) return {};
  if (builder::is_engines_own(planned_.driver.driver))
    return util::failure("a Docker engine takes no base images from below a path of a registry",
                         "--registry=http://" + round_rig_->registry,
                         "play it with a registry of the sandbox's own: leave --registry out",
                         util::Blame::unable);
  for (const auto& name : rigs_of(planned_)) {
    const auto& buildkit = rigs_.at(name).version;
    const auto version = util::Version::parse(buildkit);
    if (version && *version < k_mirrors_with_path)
      return util::failure(
          fmt::format("BuildKit {} takes no base images from below a path of a registry, as v0.12 does", buildkit),
          "--registry=http://" + round_rig_->registry,
          "play this version with a registry of the sandbox's own: leave --registry out",
          util::Blame::unable);
  }
  return {};
}

/// What an image has, with what is said of it in place of that.
util::Result<oci::ImageExtras> CaseWorld::with(oci::ImageExtras extras, const scenario::ImageContent& content) const {
  const auto expanded = [&](const scenario::Text& text) { return scenario::expand(text.value, variables_); };
  if (content.frontend) { // as BuildKit's frontend/dockerfile/cmd/dockerfile-frontend/Dockerfile makes it
    constexpr const char* k_program = "bin/dockerfile-frontend";
    const auto version = frontend_version(*content.frontend, planned_.cell);
    const auto program = round_rig_->frontends.find(version);
    if (program == round_rig_->frontends.end())
      return util::failure("there is no Dockerfile frontend " + version + " to play with");
    CP_TRY_ASSIGN(extras.programs[k_program], program->second);
    extras.entrypoint = {std::string("/") + k_program};
    extras.labels["moby.buildkit.frontend.network.none"] = "true";
    extras.labels["moby.buildkit.frontend.caps"] =
        "moby.buildkit.frontend.inputs,moby.buildkit.frontend.subrequests,moby.buildkit.frontend.contexts";
  }
  for (const auto& [path, text] : content.files) extras.files[path] = text;
  for (const auto& [name, value] : content.env) extras.env[name] = expanded(value);
  for (const auto& [name, value] : content.labels) extras.labels[name] = expanded(value);
  if (content.entrypoint) {
    extras.entrypoint.clear();
    for (const auto& word : *content.entrypoint) extras.entrypoint.push_back(expanded(word));
  }
  return extras;
}

/// That of the rig; in an engine that others have used, one that no other case has: also of one that is empty by all
/// that it tells, 25.0.6 had not forgotten a base image (it was no longer the cold builder that moby/buildkit#6954
/// needs).
util::Result<oci::Layer> CaseWorld::base_layer() {
  if (!builder::is_in_users_engine(planned_.driver)) return round_rig_->base.get();
  if (!base_) {
    CP_TRY_ASSIGN(base_, oci::busybox_layer(round_rig_->busybox, folder().filename().string()));
  }
  return *base_;
}

util::Result<oci::Image> CaseWorld::base_image(const oci::ImageExtras& extras) {
  CP_TRY_ASSIGN(const auto base, base_layer());
  auto labelled = extras; // what is built on it has its labels, by which it is found in the end
  if (builder::is_in_users_engine(planned_.driver)) labelled.labels[sandbox::k_label] = folder().string();
  return oci::busybox_image(base, labelled, platforms_);
}

util::Status CaseWorld::push(const std::string& name, const oci::Image& image) {
  CP_TRY_ASSIGN(const auto reference, oci::parse_reference(name));
  oci::RegistryClient registry(sandbox_->registry().address(), stop_);
  if (auto done = oci::push(registry, sandbox_->registry().prefix() + reference.repository, reference.tag, image);
      !done)
    return tl::unexpected(util::within("pushing the base image " + name, std::move(done).error()));
  pushed_[name] = image.manifest;
  return {};
}

util::Status CaseWorld::push_images() {
  std::vector<std::pair<std::string, oci::Image>> made; // while the registry starts
  for (const auto& [name, image] : planned_.scenario->images) {
    if (image.kind == scenario::BaseImage::Kind::upstream) continue;
    CP_TRY_ASSIGN(images_[name], with({}, image.content));
    CP_TRY_ASSIGN(auto own, base_image(images_[name]));
    made.emplace_back(name, std::move(own));
  }
  CP_TRY(sandbox_->await_registry());
  for (const auto& [name, image] : made) CP_TRY(push(name, image));
  for (const auto& name : rigs_of(planned_)) {
    const auto& rig = rigs_.at(name);
    if (!rig.contained.valid()) continue;
    CP_TRY_ASSIGN(const auto& image, rig.contained.get());
    CP_TRY(push(contained_image(rig), image));
  }
  return {};
}

util::Result<bool> CaseWorld::push_image(const scenario::Action& action) {
  CP_TRY_ASSIGN(auto extras, with(images_[action.from.empty() ? action.image : action.from], action.content));
  CP_TRY_ASSIGN(const auto image, base_image(extras));
  if (image.manifest == pushed_[action.image]) return false;
  CP_TRY(push(action.image, image));
  images_[action.image] = std::move(extras);
  return true;
}

} // namespace cacheproof::engine
