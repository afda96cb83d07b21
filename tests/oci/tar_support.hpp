#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <sys/stat.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace cacheproof::oci {

/// An entry of a tar for tests; hostile ones too.
struct Entry {
  std::string path;
  std::string content;
  mode_t type = S_IFREG;
  std::string link;      ///< of a symlink
  std::string hard_link; ///< the other name
  mode_t mode = 0644;
  la_int64_t uid = 0;
  la_int64_t gid = 0;
  time_t mtime = 0;
  long nanoseconds = 0;
  std::vector<std::pair<std::string, std::string>> xattrs = {};
  std::pair<unsigned, unsigned> device = {}; ///< its numbers
};

enum class Packing { none, gzip, zstd };

inline la_ssize_t append_bytes(archive*, void* user, const void* data, size_t count) {
  static_cast<std::string*>(user)->append(static_cast<const char*>(data), count);
  return static_cast<la_ssize_t>(count);
}

inline std::string tar(const std::vector<Entry>& entries, Packing packing = Packing::gzip) {
  std::string bytes;
  const std::unique_ptr<archive, int (*)(archive*)> out(archive_write_new(), archive_write_free);
  archive_write_set_format_pax_restricted(out.get());
  if (packing == Packing::gzip) archive_write_add_filter_gzip(out.get());
  if (packing == Packing::zstd) archive_write_add_filter_zstd(out.get());
  archive_write_set_bytes_in_last_block(out.get(), 1); // no zeros behind the packed bytes
  archive_write_open2(out.get(), &bytes, nullptr, append_bytes, nullptr, nullptr);
  for (const auto& each : entries) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(entry.get(), each.path.c_str());
    archive_entry_set_mode(entry.get(), each.type | each.mode);
    archive_entry_set_uid(entry.get(), each.uid);
    archive_entry_set_gid(entry.get(), each.gid);
    archive_entry_set_mtime(entry.get(), each.mtime, each.nanoseconds);
    archive_entry_set_rdevmajor(entry.get(), each.device.first);
    archive_entry_set_rdevminor(entry.get(), each.device.second);
    for (const auto& [name, value] : each.xattrs)
      archive_entry_xattr_add_entry(entry.get(), name.c_str(), value.data(), value.size());
    if (!each.link.empty()) archive_entry_set_symlink(entry.get(), each.link.c_str());
    if (!each.hard_link.empty()) archive_entry_set_hardlink(entry.get(), each.hard_link.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(each.content.size()));
    archive_write_header(out.get(), entry.get());
    archive_write_data(out.get(), each.content.data(), each.content.size());
  }
  archive_write_close(out.get());
  return bytes;
}

} // namespace cacheproof::oci
