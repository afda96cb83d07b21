#include "engine/case_world.hpp"

#include "engine/builders.hpp"
#include "engine/images.hpp"
#include "engine/request.hpp"
#include "oci/image.hpp"
#include "oci/registry_client.hpp"
#include "util/version.hpp"

#include <fmt/format.h>

#include <utility>

namespace cacheproof::engine {
namespace {

/// The first BuildKit whose mirrors may have a path (util/resolver/resolver.go of v0.11.6 and v0.12.5).
const util::Version k_mirrors_with_path{0, 12, 0, {}};

} // namespace

CaseWorld::CaseWorld(const Case& planned, const Rigs& rigs, bool keep, std::stop_token stop)
    : planned_(planned),
      rigs_(rigs),
      keep_(keep),
      stop_(std::move(stop)) {}

util::Result<evidence::CleanState> CaseWorld::open() {
  const auto& scenario = *planned_.scenario;
  CP_TRY_ASSIGN(round_rig_, rig_of(scenario.rounds.front()));
  CP_TRY_ASSIGN(const auto images, base_images(scenario));
  CP_TRY(check_mirrors(images));
  if (const auto pulled = upstream_images(scenario, planned_.cell); !pulled.empty()) {
    CP_TRY_ASSIGN(upstream_, sandbox::Upstream::start(*round_rig_->mirrors, pulled, stop_));
  }
  CP_TRY_ASSIGN(sandbox_,
                sandbox::Sandbox::open({.programs = round_rig_->programs,
                                        .registry = round_rig_->registry,
                                        .keep = keep_,
                                        .mirrored_hosts = mirrored_hosts(images),
                                        .upstream = upstream_ ? upstream_->address() : "",
                                        .upstream_hosts = upstream_ ? upstream_->hosts() : std::vector<std::string>(),
                                        .stop = stop_}));
  CP_TRY_ASSIGN(auto context, workspace::Context::materialise(scenario.context, sandbox_->folder() / "context"));
  context_.emplace(std::move(context));
  variables_ = engine::variables(planned_.cell, sandbox_->registry().place(), context_->folder());
  CP_TRY(push_images(images));
  CP_TRY(start_round(scenario.rounds.front()));
  const auto& proof = sandbox_->clean_proof();
  return evidence::CleanState{proof.disk_usage_records, proof.catalogue, proof.environment};
}

util::Status CaseWorld::close() {
  return sandbox_ ? sandbox_->close() : util::Status();
}

util::Result<const Rig*> CaseWorld::rig_of(const scenario::Round& round) const {
  const auto version = version_of(planned_, round);
  if (const auto found = rigs_.find(version); found != rigs_.end()) return &found->second;
  return util::failure("there is no BuildKit " + version + " to play with");
}

util::Status CaseWorld::start_round(const scenario::Round& round) {
  const auto& scenario = *planned_.scenario;
  CP_TRY_ASSIGN(round_rig_, rig_of(round));
  if (scenario.builders.kind != scenario::Builders::Kind::fresh) {
    CP_TRY_ASSIGN(daemon_, sandbox_->kept_daemon(builder_of(scenario, round), round_rig_->programs.buildkitd));
  } else {
    CP_TRY_ASSIGN(daemon_, sandbox_->fresh_daemon());
  }
  return {};
}

util::Status CaseWorld::prepare_next_round() {
  return planned_.scenario->builders.kind == scenario::Builders::Kind::fresh ? sandbox_->start_next_daemon()
                                                                             : util::Status();
}

void CaseWorld::retire_daemon() {
  if (planned_.scenario->builders.kind == scenario::Builders::Kind::fresh) sandbox_->retire_daemon();
}

std::optional<util::Error> CaseWorld::upstream_failure() const {
  return upstream_ ? upstream_->failure() : std::nullopt;
}

std::vector<evidence::PinnedImage> CaseWorld::pins() const {
  std::vector<evidence::PinnedImage> all;
  if (upstream_)
    for (auto& [name, digest] : upstream_->pins()) all.push_back({name, digest});
  return all;
}

/// At the user's registry the base images lie below a path.
util::Status CaseWorld::check_mirrors(const std::vector<oci::Reference>& images) const {
  if (round_rig_->registry.empty() || images.empty()) return {};
  for (const auto& name : versions_of(planned_)) {
    const auto version = util::Version::parse(name);
    if (version && *version < k_mirrors_with_path)
      return util::failure(
          fmt::format("BuildKit {} takes no base images from below a path of a registry, as v0.12 does", name),
          "--registry=http://" + round_rig_->registry,
          "play this version with a registry of the sandbox's own: leave --registry out");
  }
  return {};
}

util::Status CaseWorld::push_images(const std::vector<oci::Reference>& images) {
  std::optional<oci::Image> image;
  if (!images.empty()) {
    CP_TRY_ASSIGN(image, oci::busybox_image(round_rig_->busybox));
  }
  CP_TRY(sandbox_->await_registry());
  oci::RegistryClient registry(sandbox_->registry().address(), stop_);
  for (const auto& name : images)
    if (auto pushed = oci::push(registry, sandbox_->registry().prefix() + name.repository, name.tag, *image); !pushed)
      return tl::unexpected(util::within("pushing the base image " + name.repository, std::move(pushed).error()));
  return {};
}

} // namespace cacheproof::engine
