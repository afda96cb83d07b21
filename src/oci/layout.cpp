#include "oci/layout.hpp"

#include "oci/json.hpp"
#include "util/files.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <system_error>

namespace cacheproof::oci {

util::Result<std::filesystem::path> blob_path(const std::filesystem::path& folder, const std::string& digest) {
  const auto sign = digest.find(':');
  const auto name = digest.substr(sign == digest.npos ? 0 : sign + 1);
  if (sign == digest.npos || digest.find('/') != digest.npos || name.empty())
    return util::failure("'" + digest + "' is no digest", folder.string());
  return folder / "blobs" / digest.substr(0, sign) / name;
}

util::Result<std::optional<Manifest>> read_layout(const std::filesystem::path& folder, const std::string& tag) {
  std::error_code error;
  if (!std::filesystem::exists(folder / "index.json", error)) return std::nullopt;
  CP_TRY_ASSIGN(const auto text, util::read_text(folder / "index.json"));
  const auto index = parse_json(text);
  for (const auto& descriptor : list_at(index, "manifests")) {
    if (text_at(object_at(descriptor, "annotations"), "org.opencontainers.image.ref.name") != tag) continue;
    Manifest manifest{text_at(descriptor, "digest"), text_at(descriptor, "mediaType"), {}};
    CP_TRY_ASSIGN(const auto path, blob_path(folder, manifest.digest));
    CP_TRY_ASSIGN(manifest.body, util::read_text(path));
    return manifest;
  }
  return std::nullopt;
}

} // namespace cacheproof::oci
