#include "oci/tar.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <archive.h>
#include <archive_entry.h>

#include <fstream>
#include <memory>
#include <string_view>
#include <vector>

namespace cacheproof::oci {
namespace {

std::string words(archive* in) {
  const char* text = archive_error_string(in);
  return text ? text : "unknown";
}

util::Status write_program(archive* in, const std::filesystem::path& path) {
  const auto full = [&] { return util::failure("cannot write " + path.string(), {}, "make room on that file system"); };
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  const void* data = nullptr;
  size_t count = 0;
  la_int64_t offset = 0;
  int status = ARCHIVE_OK;
  while ((status = archive_read_data_block(in, &data, &count, &offset)) == ARCHIVE_OK)
    if (!out.seekp(offset).write(static_cast<const char*>(data), static_cast<std::streamsize>(count))) return full();
  if (status != ARCHIVE_EOF) return util::failure("cannot unpack: " + words(in));
  out.close();
  if (!out) return full();
  std::error_code error;
  std::filesystem::permissions(path, std::filesystem::perms(0755), error);
  return {};
}

TarType type_of(archive_entry* entry) {
  if (archive_entry_hardlink(entry)) return TarType::hard_link;
  switch (archive_entry_filetype(entry)) {
  case AE_IFREG:
    return TarType::file;
  case AE_IFLNK:
    return TarType::symlink;
  case AE_IFDIR:
    return TarType::folder;
  default:
    return TarType::other;
  }
}

std::string text(const char* value) {
  return value ? value : "";
}

TarEntry read(archive_entry* entry) {
  const auto type = type_of(entry);
  return {plain_path(text(archive_entry_pathname(entry))),
          type,
          type == TarType::hard_link ? plain_path(text(archive_entry_hardlink(entry)))
                                     : text(archive_entry_symlink(entry))};
}

} // namespace

std::string plain_path(std::string_view path) {
  std::vector<std::string> parts;
  for (auto& part : util::split(path, '/')) {
    if (part == "..") return {};
    if (!part.empty() && part != ".") parts.push_back(std::move(part));
  }
  return util::join(parts, "/");
}

util::Status read_tar(const std::filesystem::path& tar,
                      std::uint64_t limit,
                      const std::function<util::Status(const TarEntry&, const WriteEntry&)>& visit,
                      std::stop_token stop) {
  const std::unique_ptr<archive, int (*)(archive*)> owner(archive_read_new(), archive_read_free);
  archive* const in = owner.get();
  archive_read_support_filter_gzip(in);
  archive_read_support_filter_zstd(in);
  archive_read_support_format_tar(in);
  archive_read_support_format_empty(in);
  if (archive_read_open_filename(in, tar.c_str(), 65536) != ARCHIVE_OK)
    return util::failure("it is no tarball: " + words(in));
  const WriteEntry write = [in](const std::filesystem::path& path) { return write_program(in, path); };
  archive_entry* entry = nullptr;
  int status = ARCHIVE_OK;
  while ((status = archive_read_next_header(in, &entry)) == ARCHIVE_OK || status == ARCHIVE_WARN) {
    if (stop.stop_requested()) return util::failure("interrupted", {}, {}, util::Blame::interrupted);
    // The size is announced before a byte of it is unpacked.
    const auto unpacked = static_cast<std::uint64_t>(archive_filter_bytes(in, 0));
    const auto size = static_cast<std::uint64_t>(archive_entry_size(entry));
    if (unpacked > limit || size > limit - unpacked)
      return util::failure(fmt::format("it unpacks to more than {} bytes", limit));
    CP_TRY(visit(read(entry), write));
  }
  return status == ARCHIVE_EOF ? util::Status() : util::failure("it is no tarball: " + words(in));
}

} // namespace cacheproof::oci
