#include "oci/image_export.hpp"

#include "oci/image_config.hpp"
#include "oci/json.hpp"
#include "oci/layers.hpp"
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
using evidence::ImageFile;
using nlohmann::json;
using Archive = std::unique_ptr<archive, int (*)(archive*)>;

constexpr std::size_t k_document_limit = std::size_t{8} << 20;
constexpr std::size_t k_small_file = 256;
constexpr std::size_t k_wanted_file = std::size_t{1} << 20;
constexpr std::size_t k_block = 65536;

util::Status interrupted() {
  return util::failure("interrupted while the result was read", {}, {}, util::Blame::interrupted);
}

std::string words(archive* in) {
  const char* text = archive_error_string(in);
  return text ? text : "unknown";
}

/// The UTF-8 form is there whatever the locale is; the plain one for bytes that are no UTF-8.
std::string text_of(const char* utf8, const char* plain) {
  return utf8 ? utf8 : plain ? plain : "";
}

bool leaves_root(std::string_view path) {
  const auto parts = util::split(path, '/');
  return std::find(parts.begin(), parts.end(), "..") != parts.end();
}

std::string_view type_of(archive_entry* entry) {
  switch (archive_entry_filetype(entry)) {
  case AE_IFREG:
    return "file";
  case AE_IFDIR:
    return "dir";
  case AE_IFLNK:
    return "link";
  case AE_IFCHR:
    return "char";
  case AE_IFBLK:
    return "block";
  case AE_IFIFO:
    return "fifo";
  default:
    return "other";
  }
}

TarType tar_type_of(std::string_view type) {
  return type == "file"   ? TarType::file
         : type == "dir"  ? TarType::folder
         : type == "link" ? TarType::symlink
                          : TarType::other;
}

/// An entry but for its content; `name` is its path as it is written.
ImageFile file_of(archive_entry* entry) {
  ImageFile file;
  file.type = type_of(entry);
  file.mode = archive_entry_perm(entry);
  file.uid = static_cast<std::uint64_t>(archive_entry_uid(entry));
  file.gid = static_cast<std::uint64_t>(archive_entry_gid(entry));
  file.mtime = static_cast<std::int64_t>(archive_entry_mtime(entry)) * 1'000'000'000 + archive_entry_mtime_nsec(entry);
  if (file.type == "file") file.size = static_cast<std::uint64_t>(archive_entry_size(entry));
  if (file.type == "link") file.link = text_of(archive_entry_symlink_utf8(entry), archive_entry_symlink(entry));
  if (file.type == "char" || file.type == "block")
    file.link = fmt::format("{}:{}", archive_entry_rdevmajor(entry), archive_entry_rdevminor(entry));
  archive_entry_xattr_reset(entry);
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
    file.xattrs[name] = std::string(static_cast<const char*>(value), size);
  return file;
}

/// The bytes of a blob as they come out of the export, hashed on their way.
struct Blob {
  archive* from;
  util::Sha256 hash = {};
  std::array<char, k_block> buffer = {};

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
        wanted_(wanted),
        limits_(limits),
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
    if (archive_read_open_filename(in.get(), tar_.c_str(), k_block) != ARCHIVE_OK)
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
    std::array<char, k_block> buffer{};
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
    Layers applied;
    files_.clear();
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const auto digest = text_at(layers[i], "digest");
      if (auto read = add_layer(applied, first + i, digest); !read)
        return tl::unexpected(util::within("the layer " + digest, std::move(read).error()));
    }
    const auto before = one_of_several ? image_.configs.back().platform + "/" : std::string();
    applied.each([&](const auto& path, std::size_t id) { image_.files[before + path] = files_[id]; });
    return {};
  }

  util::Status add_layer(Layers& applied, std::size_t layer, const std::string& digest) {
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
    archive_entry* entry = nullptr;
    int status = ARCHIVE_OK;
    const auto before = bytes_;
    while ((status = archive_read_next_header(in.get(), &entry)) == ARCHIVE_OK || status == ARCHIVE_WARN) {
      if (stop_.stop_requested()) return interrupted();
      // Headers are bytes too: those of a million entries, and of a bomb that has nothing else.
      if (before + static_cast<std::uint64_t>(archive_filter_bytes(in.get(), 0)) > limits_.bytes) return too_large();
      CP_TRY(add_entry(applied, layer, in.get(), entry));
    }
    if (status != ARCHIVE_EOF) return util::failure("it is no tarball: " + words(in.get()));
    la_ssize_t rest = 0;
    while ((rest = blob.next()) > 0)
      if (stop_.stop_requested()) return interrupted();
    if (rest < 0) return util::failure("it cannot be read: " + words(outer.get()));
    if (blob.hash.hex() != hex) return util::failure("it is not what its digest says");
    bytes_ = std::max(bytes_, before + static_cast<std::uint64_t>(archive_filter_bytes(in.get(), 0)));
    return {};
  }

  util::Status add_entry(Layers& applied, std::size_t layer, archive* in, archive_entry* entry) {
    const auto path = text_of(archive_entry_pathname_utf8(entry), archive_entry_pathname(entry));
    const bool hard_link = archive_entry_hardlink(entry) != nullptr;
    const auto target =
        hard_link ? text_of(archive_entry_hardlink_utf8(entry), archive_entry_hardlink(entry)) : std::string();
    for (const auto& each : {path, target})
      if (leaves_root(each)) return util::failure("'" + each + "' leads out of the image");
    auto file = file_of(entry);
    file.layer = layer;
    names_ += path.size() + target.size() + file.link.size();
    for (const auto& [name, value] : file.xattrs) names_ += name.size() + value.size();
    if (++entries_ > limits_.entries)
      return util::failure(fmt::format("the image has more than {} paths", limits_.entries));
    if (names_ > limits_.names)
      return util::failure(fmt::format("the names in the image have more than {} bytes", limits_.names));
    TarEntry named{plain_path(path),
                   hard_link ? TarType::hard_link : tar_type_of(file.type),
                   hard_link ? plain_path(target) : file.link};
    if (!hard_link && file.type == "file") CP_TRY(hash(in, named.path, file));
    applied.add(layer, named, files_.size());
    files_.push_back(std::move(file));
    return {};
  }

  util::Status too_large() const {
    return util::failure(fmt::format("the image unpacks to more than {} bytes", limits_.bytes));
  }

  /// Holes are zeros, as whoever reads the file sees them.
  util::Status hash(archive* in, std::string_view path, ImageFile& file) {
    if (file.size > limits_.bytes - std::min(bytes_, limits_.bytes)) return too_large(); // before a byte is unpacked
    bytes_ += file.size;
    const bool keep = file.size <= k_small_file || (file.size <= k_wanted_file && wanted_ && wanted_(path));
    util::Sha256 hash;
    std::string content;
    const auto take = [&](std::string_view piece) {
      hash.update(piece);
      if (keep) content += piece;
    };
    std::uint64_t at = 0;
    const auto fill_to = [&](std::uint64_t end) {
      static const std::string zeros(k_block, '\0');
      for (; at < end && !stop_.stop_requested(); at += std::min<std::uint64_t>(end - at, zeros.size()))
        take(std::string_view(zeros).substr(0, std::min<std::uint64_t>(end - at, zeros.size())));
    };
    const void* data = nullptr;
    std::size_t count = 0;
    la_int64_t offset = 0;
    int status = ARCHIVE_OK;
    while ((status = archive_read_data_block(in, &data, &count, &offset)) == ARCHIVE_OK) {
      if (stop_.stop_requested()) return interrupted();
      fill_to(std::min(static_cast<std::uint64_t>(offset), file.size));
      take({static_cast<const char*>(data), count});
      at += count;
    }
    if (status != ARCHIVE_EOF) return util::failure(fmt::format("'{}' cannot be read: {}", path, words(in)));
    fill_to(file.size);
    if (stop_.stop_requested()) return interrupted();
    file.sha256 = hash.hex();
    if (keep) file.content = std::move(content);
    return {};
  }

  const std::filesystem::path& tar_;
  const std::function<bool(std::string_view)>& wanted_;
  const ExportLimits& limits_;
  const std::stop_token stop_;
  Image image_;
  std::vector<ImageFile> files_; ///< of the image that is being read, by the ids of its layers
  std::uint64_t bytes_ = 0;
  std::size_t entries_ = 0;
  std::size_t names_ = 0;
};

} // namespace

util::Result<Image> read_export(const std::filesystem::path& tar,
                                const std::function<bool(std::string_view)>& wanted,
                                const ExportLimits& limits,
                                std::stop_token stop) {
  return Export(tar, wanted, limits, std::move(stop)).read();
}

} // namespace cacheproof::oci
