#include "oci/change.hpp"

#include "oci/cache.hpp"
#include "oci/layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <vector>

namespace cacheproof::oci {
namespace {

/// A layer of a scenario is small; the limit only keeps a mistake from filling the memory.
constexpr std::size_t k_blob_limit = std::size_t{1} << 30;

tl::unexpected<util::Error> refuse(const std::string& why) {
  return util::failure(why, {}, {}, util::Blame::input);
}

util::Result<Manifest> manifest_of(RegistryClient& registry, const Reference& ref) {
  CP_TRY_ASSIGN(auto found, registry.manifest(ref.repository, ref.digest.empty() ? ref.tag : ref.digest));
  if (!found) return refuse("there is nothing at " + to_text(ref));
  return std::move(*found);
}

util::Result<std::string> digest_of(const Manifest& manifest, const std::string& of, Part part, std::size_t layer) {
  if (part == Part::manifest) return manifest.digest;
  const auto parts = parts_of(manifest.body);
  if (part == Part::layer && (layer < 1 || layer > parts.layers.size()))
    return refuse(fmt::format("{} has no layer {}, but {}", of, layer, parts.layers.size()));
  auto digest = part == Part::config ? parts.config : parts.layers[layer - 1];
  if (digest.empty()) return refuse(of + " has no config");
  return digest;
}

util::Status remove_manifest(RegistryClient& registry, const Reference& ref, const std::string& digest) {
  CP_TRY(registry.remove_manifest(ref.repository, digest));
  for (const auto& name : {ref.tag, digest}) {
    if (name.empty()) continue;
    CP_TRY_ASSIGN(const auto left, registry.manifest(ref.repository, name));
    if (left) return util::failure(fmt::format("the registry still serves {} of {}", name, ref.repository));
  }
  return {};
}

} // namespace

util::Result<std::string> delete_tag(RegistryClient& registry, const Reference& ref) {
  CP_TRY_ASSIGN(const auto manifest, manifest_of(registry, ref));
  CP_TRY_ASSIGN(const auto tags, registry.tags(ref.repository));
  for (const auto& tag : tags) {
    if (tag == ref.tag) continue;
    CP_TRY_ASSIGN(const auto other, registry.manifest(ref.repository, tag));
    if (other && other->digest == manifest.digest)
      return refuse(fmt::format("{} is tagged '{}' too, and both tags would go", to_text(ref), tag));
  }
  CP_TRY(remove_manifest(registry, ref, manifest.digest));
  return manifest.digest;
}

util::Result<std::string> delete_blob(RegistryClient& registry, const Reference& ref, Part part, std::size_t layer) {
  CP_TRY_ASSIGN(const auto manifest, manifest_of(registry, ref));
  if (part == Part::manifest) {
    CP_TRY(remove_manifest(registry, ref, manifest.digest));
    return manifest.digest;
  }
  CP_TRY_ASSIGN(auto digest, digest_of(manifest, to_text(ref), part, layer));
  CP_TRY_ASSIGN(const auto there, registry.has_blob(ref.repository, digest));
  if (!there) return refuse(fmt::format("{} is not in {} any more", digest, ref.repository));
  CP_TRY(registry.remove_blob(ref.repository, digest));
  CP_TRY_ASSIGN(const auto left, registry.has_blob(ref.repository, digest));
  if (left) return util::failure(fmt::format("the registry still serves {} of {}", digest, ref.repository));
  return digest;
}

util::Result<std::string>
delete_blob(const std::filesystem::path& folder, const std::string& tag, Part part, std::size_t layer) {
  CP_TRY_ASSIGN(const auto manifest, read_layout(folder, tag));
  if (!manifest) return refuse(fmt::format("there is no cache '{}' in {}", tag, folder.string()));
  CP_TRY_ASSIGN(auto digest, digest_of(*manifest, folder.string(), part, layer));
  CP_TRY_ASSIGN(const auto path, blob_path(folder, digest));
  std::error_code error;
  if (!std::filesystem::remove(path, error) && !error)
    return refuse(fmt::format("{} is not in {} any more", digest, folder.string()));
  if (error) return util::failure("cannot remove " + path.string() + ": " + error.message());
  return digest;
}

util::Result<std::string>
copy(RegistryClient& from, const Reference& source, RegistryClient& to, const Reference& destination) {
  CP_TRY_ASSIGN(const auto manifest, manifest_of(from, source));
  CP_TRY_ASSIGN(const auto present, to.manifest(destination.repository, destination.tag));
  if (present && present->digest == manifest.digest) return refuse(to_text(destination) + " holds the same already");
  auto parts = parts_of(manifest.body);
  if (!parts.config.empty()) parts.layers.push_back(parts.config);
  for (const auto& digest : parts.layers) {
    CP_TRY_ASSIGN(const auto there, from.has_blob(source.repository, digest));
    if (!there) return refuse(fmt::format("{} lacks {}", to_text(source), digest));
    CP_TRY_ASSIGN(const auto bytes, from.blob(source.repository, digest, k_blob_limit));
    CP_TRY(to.put_blob(destination.repository, digest, bytes));
  }
  CP_TRY(to.put_manifest(destination.repository, destination.tag, manifest.media_type, manifest.body));
  CP_TRY_ASSIGN(const auto made, to.manifest(destination.repository, destination.tag));
  if (!made || made->digest != manifest.digest)
    return util::failure(to_text(destination) + " does not hold what was copied to it");
  return manifest.digest;
}

} // namespace cacheproof::oci
