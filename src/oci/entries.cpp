#include "oci/entries.hpp"

#include "util/hash.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cacheproof::oci {
namespace {

using evidence::ImageFile;

constexpr std::size_t k_small_file = 256;
constexpr std::size_t k_wanted_file = std::size_t{1} << 20;

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

} // namespace

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

void Entries::begin() {
  layers_ = {};
  files_.clear();
}

util::Status Entries::add(archive* in, std::size_t layer, std::string_view root) {
  const bool folder = !root.empty();
  archive_entry* entry = nullptr;
  int status = ARCHIVE_OK;
  const auto before = bytes_;
  const auto unpacked = [&] { // of a folder libarchive counts nothing
    return folder ? before : before + static_cast<std::uint64_t>(archive_filter_bytes(in, 0));
  };
  while ((status = archive_read_next_header(in, &entry)) == ARCHIVE_OK || status == ARCHIVE_WARN) {
    if (stop_.stop_requested()) return interrupted();
    // Headers are bytes too: those of a million entries, and of a bomb that has nothing else.
    if (unpacked() > limits_.bytes) return too_large();
    CP_TRY(add_entry(in, entry, layer, root));
    if (folder && archive_read_disk_can_descend(in) && archive_read_disk_descend(in) != ARCHIVE_OK)
      return util::failure("it cannot be read: " + words(in));
  }
  if (status != ARCHIVE_EOF) return util::failure((folder ? "it cannot be read: " : "it is no tarball: ") + words(in));
  bytes_ = std::max(bytes_, unpacked());
  return {};
}

void Entries::each(const std::function<void(const std::string&, const ImageFile&)>& visit) const {
  layers_.each([&](const auto& path, std::size_t id) { visit(path, files_[id]); });
}

util::Status Entries::add_entry(archive* in, archive_entry* entry, std::size_t layer, std::string_view root) {
  auto path = text_of(archive_entry_pathname_utf8(entry), archive_entry_pathname(entry));
  if (path.starts_with(root)) path.erase(0, root.size());
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
  layers_.add(layer, named, files_.size());
  files_.push_back(std::move(file));
  return {};
}

util::Status Entries::too_large() const {
  return util::failure(fmt::format("the image unpacks to more than {} bytes", limits_.bytes));
}

/// Holes are zeros, as whoever reads the file sees them.
util::Status Entries::hash(archive* in, std::string_view path, ImageFile& file) {
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
    static const std::string zeros(k_archive_block, '\0');
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

} // namespace cacheproof::oci
