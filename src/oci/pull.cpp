#include "oci/pull.hpp"

#include "oci/json.hpp"
#include "oci/layers.hpp"
#include "oci/platform.hpp"
#include "oci/tar.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <map>
#include <optional>
#include <utility>

namespace cacheproof::oci {
namespace fs = std::filesystem;
namespace {

using nlohmann::json;

constexpr std::size_t k_most_entries = 500'000; // Debian's images have about 10,000

struct Blob {
  std::string digest;
  std::uint64_t size = 0;
};

util::Result<json>
manifest(RegistryClient& registry, const Pull& pull, const std::string& reference, std::string& digest) {
  CP_TRY_ASSIGN(const auto found, registry.manifest(pull.repository, reference));
  const auto name = fmt::format("{}/{}:{}", registry.address(), pull.repository, reference);
  if (!found) return util::failure("the registry has no " + name);
  digest = found->digest;
  auto read = parse_json(found->body);
  if (!read.is_object()) return util::failure("the manifest of " + name + " is no JSON object");
  return read;
}

/// The digest of this platform's entry of an index. Attestations stand there as platform unknown/unknown.
std::optional<std::string> entry_of_this_machine(const json& index) {
  for (const auto& entry : index["manifests"]) {
    const auto platform = entry.is_object() && entry.contains("platform") ? entry["platform"] : json();
    if (text_at(platform, "os") == "linux" && text_at(platform, "architecture") == architecture())
      return text_at(entry, "digest");
  }
  return {};
}

util::Result<std::vector<Blob>> layers_of(const json& manifest) {
  std::vector<Blob> layers;
  if (!manifest.contains("layers") || !manifest["layers"].is_array()) return util::failure("it is no image");
  for (const auto& layer : manifest["layers"]) {
    const auto type = text_at(layer, "mediaType");
    const bool tar = type.starts_with("application/vnd.oci.image.layer.v1.tar")
                     || type.starts_with("application/vnd.docker.image.rootfs.diff.tar");
    if (!tar || !layer.contains("size") || !layer["size"].is_number_unsigned())
      return util::failure(fmt::format("it is no image: a layer has the type '{}'", type));
    layers.push_back({text_at(layer, "digest"), layer["size"].get<std::uint64_t>()});
  }
  return layers;
}

/// The blobs as files `layer-N` in a folder; more than the limit is refused before anything is loaded.
util::Status load(RegistryClient& registry, const Pull& pull, const std::vector<Blob>& layers, const fs::path& folder) {
  std::uint64_t left = pull.limit;
  for (const auto& layer : layers) {
    if (layer.size > left) return util::failure(fmt::format("its layers have more than {} bytes", pull.limit));
    left -= layer.size;
  }
  for (std::size_t i = 0; i < layers.size(); ++i)
    CP_TRY(registry.blob_to(folder / fmt::format("layer-{}", i), pull.repository, layers[i].digest, layers[i].size));
  return {};
}

util::Status
take(const Pull& pull, const std::vector<Blob>& layers, const fs::path& folder, const std::stop_token& stop) {
  const auto read = [&](std::size_t layer, const auto& visit) -> util::Status {
    if (auto done = read_tar(folder / fmt::format("layer-{}", layer), pull.limit, visit, stop); !done)
      return tl::unexpected(util::within("layer " + layers[layer].digest, std::move(done).error()));
    return {};
  };
  Layers image;
  for (std::size_t layer = 0; layer < layers.size(); ++layer) {
    const auto note = [&](const TarEntry& entry, const WriteEntry&) -> util::Status {
      image.add(layer, entry);
      return image.size() <= k_most_entries ? util::Status() : util::failure("the image has too many files");
    };
    CP_TRY(read(layer, note));
  }
  std::map<std::size_t, std::map<std::string, std::vector<fs::path>>> wanted; // by layer, by path in its tar
  const auto want = [&](const std::string& file) -> util::Status {
    std::optional<LayerPlace> place;
    std::vector<std::string> tried;
    for (auto prefix = pull.places.begin(); prefix != pull.places.end() && !place; ++prefix)
      place = image.find(tried.emplace_back(*prefix + file));
    if (!place) return util::failure("the image has no file " + util::join(tried, " or "));
    wanted[place->layer][place->path].push_back(pull.into / fs::path(file).filename());
    return {};
  };
  for (const auto& file : pull.files) CP_TRY(want(file));
  for (const auto& file : pull.extras) static_cast<void>(want(file));
  for (const auto& in_layer : wanted) {
    const auto write_wanted = [&](const TarEntry& entry, const WriteEntry& write) -> util::Status {
      const auto found = in_layer.second.find(entry.path);
      if (entry.type != TarType::file || found == in_layer.second.end()) return {};
      const auto& targets = found->second;
      CP_TRY(write(targets.front()));
      std::error_code error;
      for (auto other = targets.begin() + 1; other != targets.end() && !error; ++other) // several names for one file
        fs::copy_file(targets.front(), *other, fs::copy_options::overwrite_existing, error);
      return error ? util::failure("cannot copy a program: " + error.message()) : util::Status();
    };
    CP_TRY(read(in_layer.first, write_wanted));
  }
  return {};
}

} // namespace

util::Result<std::string> pull_files(RegistryClient& registry, const Pull& pull, std::stop_token stop) {
  std::string top;
  CP_TRY_ASSIGN(auto image, manifest(registry, pull, pull.reference, top));
  if (image.contains("manifests") && image["manifests"].is_array()) {
    const auto digest = entry_of_this_machine(image);
    if (!digest) return util::failure(fmt::format("the image is not there for linux/{}", architecture()));
    std::string same;
    CP_TRY_ASSIGN(image, manifest(registry, pull, *digest, same));
  }
  CP_TRY_ASSIGN(const auto layers, layers_of(image));
  CP_TRY_ASSIGN(const auto folder, util::TempDir::create(pull.into, "layers-"));
  CP_TRY(load(registry, pull, layers, folder.path()));
  CP_TRY(take(pull, layers, folder.path(), stop));
  return top;
}

} // namespace cacheproof::oci
