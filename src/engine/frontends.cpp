#include "engine/frontends.hpp"

#include "toolchain/toolchain.hpp"

#include <algorithm>

namespace cacheproof::engine {
namespace {

using scenario::BaseImage;
using scenario::BuildSpec;

constexpr const char* k_argument = "BUILDKIT_SYNTAX";

bool chooses(const BuildSpec& build) {
  return (build.frontend && build.frontend->value != "dockerfile.v0")
         || std::any_of(
             build.args.begin(), build.args.end(), [](const auto& each) { return each.first == k_argument; });
}

} // namespace

bool chooses_frontend(const scenario::Scenario& scenario) {
  if (chooses(scenario.build)) return true;
  for (const auto& [name, image] : scenario.images)
    if (image.content.frontend) return true;
  for (const auto& round : scenario.rounds) {
    for (const auto& action : round.actions)
      if (action.content.frontend) return true;
    for (const auto& build : scenario::builds_of(round))
      if (build.run || chooses(build.build)) return true;
  }
  return false;
}

std::shared_ptr<const scenario::Scenario> with_frontend(std::shared_ptr<const scenario::Scenario> written,
                                                        const std::string& frontend) {
  if (frontend.empty()) return written;
  auto changed = std::make_shared<scenario::Scenario>(*written);
  auto image = shown_frontend(frontend);
  if (!toolchain::is_image(frontend)) {
    image = "cacheproof/frontend:" + frontend;
    changed->images[image] = {.kind = BaseImage::Kind::inlined, .content = {.frontend = scenario::Text{frontend, {}}}};
  }
  changed->build.args.emplace_back(k_argument, scenario::Text{std::move(image), {}});
  return changed;
}

std::string shown_frontend(const std::string& frontend) {
  return toolchain::is_image(frontend) ? frontend.substr(toolchain::k_image.size()) : frontend;
}

} // namespace cacheproof::engine
