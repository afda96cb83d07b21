#include "oci/image_export.hpp"

#include "oci/entries.hpp"
#include "oci/image_config.hpp"
#include "oci/json.hpp"
#include "util/hash.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace cacheproof::oci {
namespace {

using evidence::Image;
using nlohmann::json;

constexpr std::size_t k_document_limit = std::size_t{8} << 20;

/// The bytes of a blob as they come out of the export, hashed on their way.
struct Blob {
  archive* from;
  util::Sha256 hash = {};
  std::array<char, k_archive_block> buffer = {};

  la_ssize_t next() {
    const auto count = archive_read_data(from, buffer.data(), buffer.size());
    if (count > 0) hash.update({buffer.data(), static_cast<std::size_t>(count)});
    return count;
  }
};

la_ssize_t read_blob(archive* in, void* user, const void** data) {
  auto& blob = *static_cast<Blob*>(user);
  *data = blob.buffer.data();
  const auto count = blob.next();
  if (count < 0) archive_set_error(in, archive_errno(blob.from), "%s", words(blob.from).c_str());
  return count < 0 ? ARCHIVE_FATAL : count;
}

/// Reads one export. Its entries stand in any order, so that each blob is looked for from its start: the tar is no
/// pipe, and what is passed over is not read.
class Export {
public:
  Export(const std::filesystem::path& tar,
         const std::function<bool(std::string_view)>& wanted,
         const ExportLimits& limits,
         std::stop_token stop)
      : tar_(tar),
        entries_(wanted, limits, stop),
        stop_(std::move(stop)) {}

  util::Result<Image> read() {
    CP_TRY_ASSIGN(const auto index, document("index.json", ""));
    auto manifests = list_at(index, "manifests");
    if (manifests.size() != 1)
      return util::failure(fmt::format("the export holds {} results where one is expected", manifests.size()));
    image_.digest = text_at(manifests[0], "digest");
    CP_TRY_ASSIGN(auto top, blob_document(image_.digest));
    if (!top.contains("manifests")) {
      CP_TRY(add_image(top, false));
      return std::move(image_);
    }
    std::vector<json> images;
    for (const auto& each : list_at(top, "manifests"))
      if (platform_of(object_at(each, "platform")) != "unknown/unknown") images.push_back(each); // no attestation
    if (images.empty()) return util::failure("the index of the export names no image");
    for (const auto& each : images) {
      CP_TRY_ASSIGN(const auto manifest, blob_document(text_at(each, "digest")));
      CP_TRY(add_image(manifest, images.size() > 1));
    }
    std::sort(image_.configs.begin(), image_.configs.end(), [](const auto& left, const auto& right) {
      return left.platform < right.platform;
    });
    return std::move(image_);
  }

private:
  /// The export, standing at that entry.
  util::Result<Archive> at(const std::string& name) {
    Archive in(archive_read_new(), archive_read_free);
    archive_read_support_format_tar(in.get());
    if (archive_read_open_filename(in.get(), tar_.c_str(), k_archive_block) != ARCHIVE_OK)
      return util::failure("the export is no tarball: " + words(in.get()));
    archive_entry* entry = nullptr;
    int status = ARCHIVE_OK;
    while ((status = archive_read_next_header(in.get(), &entry)) == ARCHIVE_OK || status == ARCHIVE_WARN) {
      if (stop_.stop_requested()) return tl::unexpected(interrupted().error());
      if (text_of(archive_entry_pathname_utf8(entry), archive_entry_pathname(entry)) == name) return in;
    }
    if (status != ARCHIVE_EOF) return util::failure("the export cannot be read: " + words(in.get()));
    return util::failure("the export has no " + name);
  }

  static util::Result<std::string> hex_of(const std::string& digest) {
    constexpr std::string_view k_sha256 = "sha256:";
    const auto hex = digest.starts_with(k_sha256) ? digest.substr(k_sha256.size()) : std::string();
    if (hex.size() == 64 && hex.find_first_not_of("0123456789abcdef") == std::string::npos) return hex;
    return util::failure("'" + digest + "' is no digest");
  }

  /// A JSON object of the export; checked against `hex` unless that is empty.
  util::Result<json> document(const std::string& name, const std::string& hex) {
    CP_TRY_ASSIGN(const auto in, at(name));
    std::string text;
    std::array<char, k_archive_block> buffer{};
    la_ssize_t count = 0;
    while ((count = archive_read_data(in.get(), buffer.data(), buffer.size())) > 0) {
      if (text.size() + static_cast<std::size_t>(count) > k_document_limit)
        return util::failure(fmt::format("{} of the export has more than {} bytes", name, k_document_limit));
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    if (count < 0) return util::failure(name + " of the export cannot be read: " + words(in.get()));
    if (!hex.empty() && util::sha256_hex(text) != hex) return util::failure(name + " is not what its digest says");
    auto parsed = parse_json(text);
    if (!parsed.is_object()) return util::failure(name + " of the export is no JSON object");
    return parsed;
  }
  util::Result<json> blob_document(const std::string& digest) {
    CP_TRY_ASSIGN(const auto hex, hex_of(digest));
    return document("blobs/sha256/" + hex, hex);
  }

  util::Status add_image(const json& manifest, bool one_of_several) {
    CP_TRY_ASSIGN(const auto config, blob_document(text_at(object_at(manifest, "config"), "digest")));
    image_.configs.push_back(config_of(config));
    const auto layers = list_at(manifest, "layers");
    const auto first = image_.layers.size();
    const auto makers = makers_of(config, layers.size());
    image_.layers.insert(image_.layers.end(), makers.begin(), makers.end());
    entries_.begin();
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const auto digest = text_at(layers[i], "digest");
      if (auto read = add_layer(first + i, digest); !read)
        return tl::unexpected(util::within("the layer " + digest, std::move(read).error()));
    }
    const auto before = one_of_several ? image_.configs.back().platform + "/" : std::string();
    entries_.each([&](const auto& path, const auto& file) { image_.files[before + path] = file; });
    return {};
  }

  util::Status add_layer(std::size_t layer, const std::string& digest) {
    CP_TRY_ASSIGN(const auto hex, hex_of(digest));
    CP_TRY_ASSIGN(const auto outer, at("blobs/sha256/" + hex));
    Blob blob{outer.get()};
    Archive in(archive_read_new(), archive_read_free);
    archive_read_support_filter_gzip(in.get());
    archive_read_support_filter_zstd(in.get());
    archive_read_support_format_tar(in.get());
    archive_read_support_format_empty(in.get());
    if (archive_read_open(in.get(), &blob, nullptr, read_blob, nullptr) != ARCHIVE_OK)
      return util::failure("it is no tarball: " + words(in.get()));
    CP_TRY(entries_.add(in.get(), layer));
    la_ssize_t rest = 0;
    while ((rest = blob.next()) > 0)
      if (stop_.stop_requested()) return interrupted();
    if (rest < 0) return util::failure("it cannot be read: " + words(outer.get()));
    if (blob.hash.hex() != hex) return util::failure("it is not what its digest says");
    return {};
  }

  const std::filesystem::path& tar_;
  Entries entries_;
  const std::stop_token stop_;
  Image image_;
};

} // namespace

util::Result<Image> read_export(const std::filesystem::path& tar,
                                const std::function<bool(std::string_view)>& wanted,
                                const ExportLimits& limits,
                                std::stop_token stop) {
  return Export(tar, wanted, limits, std::move(stop)).read();
}

} // namespace cacheproof::oci
