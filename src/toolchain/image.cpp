// Programs that are taken out of container images, without an engine.
#include "oci/pull.hpp"
#include "oci/reference.hpp"
#include "toolchain/ask.hpp"
#include "toolchain/filling.hpp"
#include "toolchain/sources.hpp"
#include "toolchain/store.hpp"
#include "util/caller.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"

#include <fmt/format.h>

#include <utility>

namespace cacheproof::toolchain {
namespace fs = std::filesystem;
namespace {

/// Into `work/bin`; returns the digest of the image.
util::Result<std::string> pull_programs(oci::RegistryClient& registry,
                                        const Recipe& recipe,
                                        const std::string& repository,
                                        const std::string& reference,
                                        const fs::path& work,
                                        const std::stop_token& stop) {
  CP_TRY(util::make_directories(work / "bin"));
  return oci::pull_files(registry,
                         {.repository = repository,
                          .reference = reference,
                          .files = recipe.programs,
                          .into = work / "bin",
                          .places = recipe.image_places,
                          .extras = recipe.extras},
                         stop);
}

/// What `image:REF` names, in full.
util::Result<oci::Reference> parse(Kind kind, std::string_view word) {
  const auto& of = recipe(kind);
  if (of.image.empty())
    return util::failure(fmt::format("{} is not taken out of images", of.title),
                         fmt::format("{} {}", of.name, word),
                         "name a version",
                         util::Blame::usage);
  auto image = oci::parse_reference(word.substr(k_image.size()));
  if (image) return image;
  return util::failure(image.error().what,
                       fmt::format("{} {}", of.name, word),
                       fmt::format("one like {}{}", k_image, of.image),
                       util::Blame::usage);
}

std::string word_of(const oci::Reference& image) {
  return std::string(k_image) + oci::to_text(image);
}

/// Keeps the digest that a name without one had last.
fs::path note_of(Kind kind, const oci::Reference& image) {
  return store() / recipe(kind).name / ("noted-" + util::sha256_hex(oci::to_text(image)));
}

util::Result<Kit> fetch(Kind kind, oci::Reference image, const Options& options) {
  const auto& of = recipe(kind);
  CP_TRY_ASSIGN(const auto limit, store_limit());
  if (!image.digest.empty())
    if (auto found = look(kind, word_of(image), options)) return found;
  CP_TRY_ASSIGN(auto endpoint, oci::public_registry(image.host, options.stop));
  oci::RegistryClient registry(std::move(endpoint), options.stop);
  CP_TRY(make_store(kind));
  if (image.digest.empty()) {
    CP_TRY_ASSIGN(const auto found, registry.manifest(image.repository, image.tag));
    if (!found) return util::failure("the registry has no such image", registry.address());
    const auto note = note_of(kind, image);
    image.digest = found->digest;
    CP_TRY(util::write_text(note, image.digest));
    CP_TRY(util::give_to_caller(note));
  }
  const auto name = word_of(image);
  if (auto found = look(kind, name, options)) return found;
  const auto title = fmt::format("{} {}", of.title, name);
  CP_TRY_ASSIGN(const auto held, hold_place(kind, name, title, options));
  if (auto meanwhile = look(kind, name, options)) return meanwhile;
  if (options.say) options.say(fmt::format("{}: its programs are unpacked into {}", title, store().string()));
  const auto fill = [&](const fs::path& work) -> util::Result<Record> {
    CP_TRY(pull_programs(registry, of, image.repository, image.digest, work, options.stop));
    CP_TRY_ASSIGN(const auto said, ask_version(of, work / "bin"));
    return Record{said.version, k_from_own_image, {name, image.digest, {}}, said.text, {}};
  };
  CP_TRY(fill_place(kind, name, fill));
  keep_limit(limit, options);
  return find(kind, name);
}

} // namespace

util::Result<Origin> pull_image(const Order& order, const fs::path& work, const Options& options) {
  const auto& recipe = order.recipe;
  const auto tag = fill_in(recipe.image_tag, order.version);
  CP_TRY_ASSIGN(auto endpoint, oci::public_registry("docker.io", options.stop));
  oci::RegistryClient registry(std::move(endpoint), options.stop);
  CP_TRY_ASSIGN(auto digest, pull_programs(registry, recipe, recipe.image, tag, work, options.stop));
  return Origin{fmt::format("image {}/{}:{}", registry.address(), recipe.image, tag), std::move(digest), {}};
}

util::Result<Kit> install_image(Kind kind, std::string_view word, const Options& options) {
  CP_TRY_ASSIGN(const auto image, parse(kind, word));
  auto kit = fetch(kind, image, options);
  if (kit || kit.error().blame == util::Blame::interrupted) return kit;
  return tl::unexpected(
      util::within(fmt::format("{} {} cannot be had", recipe(kind).title, word_of(image)), kit.error()));
}

util::Result<std::string> noted_image(Kind kind, std::string_view word) {
  CP_TRY_ASSIGN(auto image, parse(kind, word));
  if (!image.digest.empty()) return word_of(image);
  const auto note = note_of(kind, image);
  if (const auto digest = util::read_text(note)) {
    CP_TRY_ASSIGN(image, oci::parse_reference(oci::to_text(image) + '@' + *digest));
    return word_of(image);
  }
  return util::failure(
      fmt::format("nobody asked yet which digest {} has", word_of(image)),
      note.string(),
      fmt::format("cacheproof toolchain install {} {}, or name it with its digest", recipe(kind).name, word_of(image)));
}

} // namespace cacheproof::toolchain
