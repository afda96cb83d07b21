#include "oci/pull.hpp"
#include "toolchain/sources.hpp"
#include "util/files.hpp"

#include <fmt/format.h>

#include <utility>

namespace cacheproof::toolchain {

util::Result<Origin> pull_image(const Order& order, const std::filesystem::path& work, const Options& options) {
  const auto& recipe = order.recipe;
  const auto tag = fill_in(recipe.image_tag, order.version);
  CP_TRY_ASSIGN(auto endpoint, oci::public_registry("docker.io", options.stop));
  oci::RegistryClient registry(std::move(endpoint), options.stop);
  oci::Pull pull{.repository = recipe.image, .reference = tag, .files = {}, .into = work / "bin"};
  for (const auto& program : recipe.programs) pull.files.push_back(recipe.image_folder + program);
  CP_TRY(util::make_directories(pull.into));
  CP_TRY_ASSIGN(auto digest, oci::pull_files(registry, pull, options.stop));
  return Origin{fmt::format("image {}/{}:{}", registry.address(), recipe.image, tag), std::move(digest), {}};
}

} // namespace cacheproof::toolchain
