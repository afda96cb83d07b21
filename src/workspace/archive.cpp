#include "workspace/archive.hpp"

#include "workspace/beneath.hpp"
#include "workspace/inline_files.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <memory>

namespace cacheproof::workspace {
namespace {

using Kind = scenario::InlineFile::Kind;

la_ssize_t append(archive* /*out*/, void* to, const void* bytes, size_t count) {
  static_cast<std::string*>(to)->append(static_cast<const char*>(bytes), count);
  return static_cast<la_ssize_t>(count);
}

util::Status write_entry(archive* out, const scenario::InlineFile& file) {
  CP_TRY_ASSIGN(const auto content, content_of(file));
  const std::unique_ptr<archive_entry, void (*)(archive_entry*)> owner(archive_entry_new(), archive_entry_free);
  auto* entry = owner.get();
  archive_entry_set_pathname(entry, file.path.c_str());
  const auto mtime = to_timespec(file.mtime.value_or(k_inline_mtime));
  archive_entry_set_mtime(entry, mtime.tv_sec, mtime.tv_nsec);
  archive_entry_set_perm(entry, mode_of(file));
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_size(entry, 0);
  switch (file.kind) {
  case Kind::folder:
    archive_entry_set_filetype(entry, AE_IFDIR);
    break;
  case Kind::symlink:
    archive_entry_set_filetype(entry, AE_IFLNK);
    archive_entry_set_symlink(entry, file.text.c_str());
    break;
  case Kind::hardlink:
    archive_entry_set_hardlink(entry, file.text.c_str());
    break;
  case Kind::file:
  case Kind::archive:
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    break;
  }
  if (archive_write_header(out, entry) == ARCHIVE_OK
      && (archive_entry_size(entry) == 0
          || archive_write_data(out, content.data(), content.size()) == static_cast<la_ssize_t>(content.size())))
    return {};
  return util::failure("cannot make the archive of " + file.path + ": " + archive_error_string(out));
}

} // namespace

util::Result<std::string> archive_bytes(const scenario::InlineFile& file) {
  std::string bytes;
  const std::unique_ptr<archive, int (*)(archive*)> owner(archive_write_new(), archive_write_free);
  auto* out = owner.get();
  // Plain ustar but for entries with parts of a second or a long name: the restricted format would drop the former.
  archive_write_set_format_pax(out);
  archive_write_set_bytes_in_last_block(out, 1); // v0.11.6 refuses a gzip with zeros behind it
  if (file.path.ends_with(".gz") || file.path.ends_with(".tgz")) {
    archive_write_add_filter_gzip(out);
    archive_write_set_filter_option(out, "gzip", "timestamp", nullptr); // it would be now
  }
  if (archive_write_open(out, &bytes, nullptr, append, nullptr) != ARCHIVE_OK)
    return util::failure("cannot make the archive " + file.path + ": " + archive_error_string(out));
  // A hard link needs its target before it.
  for (const bool links : {false, true})
    for (const auto& entry : file.files)
      if ((entry.kind == Kind::hardlink) == links) CP_TRY(write_entry(out, entry));
  if (archive_write_close(out) != ARCHIVE_OK)
    return util::failure("cannot make the archive " + file.path + ": " + archive_error_string(out));
  return bytes;
}

} // namespace cacheproof::workspace
