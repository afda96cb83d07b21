#include "engine/images.hpp"

#include "dockerfile/dockerfile.hpp"
#include "engine/request.hpp"
#include "engine/texts.hpp"
#include "oci/platform.hpp"
#include "toolchain/toolchain.hpp"
#include "util/csv.hpp"
#include "util/platform.hpp"
#include "util/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace cacheproof::engine {
namespace {

/// What looks through the result; empty where nothing does. Without a word it is BuildKit's own
/// (frontend/attestations/parse.go).
std::string scanner_of(const std::string& sbom) {
  if (sbom.empty() || sbom == "false") return {};
  constexpr std::string_view generator = "generator=";
  for (const auto& field : util::csv_fields(sbom).value_or(std::vector<std::string>{}))
    if (field.starts_with(generator)) return field.substr(generator.size());
  return "docker/buildkit-syft-scanner:stable-1";
}

/// The images of one round's build; of its Dockerfile none where that cannot be read, which others say.
std::set<std::string> images_of(const scenario::Scenario& scenario,
                                const builder::BuildRequest& request,
                                const std::optional<std::string>& text) {
  const auto reading =
      dockerfile::read(text.value_or(""), request.dockerfile, {request.args.begin(), request.args.end()});
  const auto target = reading.file ? reading.file->find_target(request.target) : std::nullopt;
  auto images = target ? reading.file->images(*target) : std::set<std::string>{};
  if (reading.file && is_listed(scenario, reading.file->syntax.image)) images.insert(reading.file->syntax.image);
  for (const auto& [name, value] : request.args)
    if (name == "BUILDKIT_SYNTAX") images.insert(value.substr(0, value.find(' '))); // in the place of such a line
  if (request.frontend != "dockerfile.v0") images.insert(request.frontend);
  images.insert(scanner_of(request.sbom));
  // A named context stands in for an image of its name, and may be one itself.
  constexpr std::string_view scheme = "docker-image://";
  for (const auto& [name, value] : request.additional_contexts) {
    images.erase(name);
    if (value.starts_with(scheme)) images.insert(value.substr(scheme.size()));
  }
  return images;
}

/// What a command line may build: all that the Dockerfile has.
std::set<std::string> images_of_all_stages(const std::optional<std::string>& text) {
  std::set<std::string> images;
  if (!text) return images;
  const auto reading = dockerfile::read(*text, "Dockerfile");
  if (!reading.file) return images;
  for (const auto& stage : reading.file->stages) images.merge(reading.file->images(stage.index));
  return images;
}

} // namespace

std::vector<oci::Reference> upstream_images(const scenario::Scenario& scenario, const scenario::Cell& cell) {
  std::set<std::string> served;
  for (const auto& image : base_images(scenario).value_or(std::vector<oci::Reference>{}))
    served.insert(oci::to_text(image));
  std::map<std::string, oci::Reference> found; // by full name
  for_each_build(scenario, cell, [&](const auto& build, const auto& request, const auto& text) {
    auto names = build.run ? images_of_all_stages(text) : images_of(scenario, request, text);
    if (build.run)
      for (const auto& [name, image] : scenario.images)
        if (image.kind == scenario::BaseImage::Kind::upstream) names.insert(name);
    for (const auto& name : names)
      // What is no name of an image is left to BuildKit to refuse, and one of the sandbox's own registry is not known
      // before there is one (`${registry}`).
      if (auto image = oci::parse_reference(name); image && !served.contains(oci::to_text(*image)))
        found.emplace(oci::to_text(*image), *image);
  });
  std::vector<oci::Reference> images;
  for (auto& [name, image] : found) images.push_back(std::move(image));
  return images;
}

bool is_listed(const scenario::Scenario& scenario, const std::string& image) {
  const auto wanted = oci::parse_reference(image);
  return wanted && std::any_of(scenario.images.begin(), scenario.images.end(), [&](const auto& each) {
           const auto listed = oci::parse_reference(each.first);
           return listed && oci::to_text(*listed) == oci::to_text(*wanted);
         });
}

std::vector<std::string> base_platforms(const scenario::Scenario& scenario, const scenario::Cell& cell) {
  std::set<std::string> all;
  for (const auto& round : scenario.rounds)
    for (const auto& build : scenario::builds_of(round))
      for (auto& platform :
           platforms_of(make_request(scenario::merge(scenario.build, build.build), {cell.begin(), cell.end()}, {})))
        all.insert(std::move(platform));
  if (!all.empty()) all.insert(util::normal_platform(oci::architecture()));
  return {all.begin(), all.end()};
}

std::string frontend_version(const scenario::Text& written, const scenario::Cell& cell) {
  if (written.value.empty()) return toolchain::default_version(toolchain::Kind::frontend);
  const auto text = scenario::expand(written.value, {cell.begin(), cell.end()});
  const auto version = util::Version::parse(text);
  return version ? version->to_text() : text;
}

std::vector<std::string> frontends_of(const Case& planned) {
  std::set<std::string> all;
  const auto add = [&](const scenario::ImageContent& content) {
    if (content.frontend) all.insert(frontend_version(*content.frontend, planned.cell));
  };
  for (const auto& [name, image] : planned.scenario->images) add(image.content);
  for (const auto& round : planned.scenario->rounds)
    for (const auto& action : round.actions) add(action.content);
  return {all.begin(), all.end()};
}

std::optional<std::string> unforeseen(const Case& planned, const std::set<std::string>& images) {
  std::set<std::string> known;
  for (const auto& image : base_images(*planned.scenario).value_or(std::vector<oci::Reference>{}))
    known.insert(oci::to_text(image));
  for (const auto& image : upstream_images(*planned.scenario, planned.cell)) known.insert(oci::to_text(image));
  for (const auto& name : images)
    if (const auto image = oci::parse_reference(name); image && !known.contains(oci::to_text(*image))) return name;
  return {};
}

bool add_pins(std::vector<evidence::PinnedImage>& all, const std::vector<evidence::PinnedImage>& of_a_play) {
  bool equal = true;
  for (const auto& pin : of_a_play) {
    const auto at = std::lower_bound(
        all.begin(), all.end(), pin.name, [](const auto& each, const auto& name) { return each.name < name; });
    if (at == all.end() || at->name != pin.name)
      all.insert(at, pin);
    else
      equal = equal && at->digest == pin.digest;
  }
  return equal;
}

util::Status check_offline(const std::vector<Case>& cases) {
  for (const auto& planned : cases)
    if (const auto images = upstream_images(*planned.scenario, planned.cell); !images.empty())
      return util::failure(
          fmt::format("{} would pull {}, which --offline forbids", planned.id, oci::to_text(images.front())),
          {},
          "serve it from the sandbox (`setup: {images: {NAME: busybox}}`), leave the case out (--filter), or play "
          "without --offline",
          util::Blame::input);
  return {};
}

} // namespace cacheproof::engine
