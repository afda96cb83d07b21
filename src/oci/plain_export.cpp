#include "oci/plain_export.hpp"

#include "oci/entries.hpp"

#include <archive.h>

#include <algorithm>
#include <system_error>

namespace cacheproof::oci {

util::Result<evidence::Image> read_plain_export(const std::filesystem::path& from,
                                                bool by_platform,
                                                const std::function<bool(std::string_view)>& wanted,
                                                const ExportLimits& limits,
                                                std::stop_token stop) {
  std::error_code error;
  const bool folder = std::filesystem::is_directory(from, error);
  Archive in(folder ? archive_read_disk_new() : archive_read_new(), archive_read_free);
  if (folder) {
    archive_read_disk_set_symlink_physical(in.get());
    archive_read_disk_set_behavior(in.get(), ARCHIVE_READDISK_NO_ACL | ARCHIVE_READDISK_NO_FFLAGS);
  } else {
    archive_read_support_format_tar(in.get());
    archive_read_support_format_empty(in.get());
  }
  if ((folder ? archive_read_disk_open(in.get(), from.c_str())
              : archive_read_open_filename(in.get(), from.c_str(), k_archive_block))
      != ARCHIVE_OK)
    return util::failure("it cannot be read: " + words(in.get()), from.string());
  Entries entries(wanted, limits, std::move(stop));
  CP_TRY(entries.add(in.get(), 0, folder ? from.native() : std::string()));
  evidence::Image image;
  entries.each([&](std::string path, const auto& file) {
    if (by_platform) std::replace(path.begin(), std::find(path.begin(), path.end(), '/'), '_', '/');
    image.files[std::move(path)] = file;
  });
  return image;
}

} // namespace cacheproof::oci
