#pragma once

#include "evidence/image.hpp"
#include "oci/image_export.hpp"
#include "oci/layers.hpp"
#include "util/result.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cacheproof::oci {

using Archive = std::unique_ptr<archive, int (*)(archive*)>;

constexpr std::size_t k_archive_block = 65536;

/// What libarchive says of its last failure.
std::string words(archive* in);
/// The UTF-8 form is there whatever the locale is; the plain one for bytes that are no UTF-8.
std::string text_of(const char* utf8, const char* plain);
util::Status interrupted();

/// The file systems of an export, read entry by entry from archives: contents are hashed as they stream by, and one
/// limit holds for all of them. For the files that include libarchive.
class Entries {
public:
  Entries(const std::function<bool(std::string_view)>& wanted, const ExportLimits& limits, std::stop_token stop)
      : wanted_(wanted),
        limits_(limits),
        stop_(std::move(stop)) {}

  /// The next file system begins: nothing lies below its first layer.
  void begin();
  /// All entries of an archive, as the layer with that number. Of a folder on disk (archive_read_disk) `root` is its
  /// path, which the entries' begin with and which is left out.
  util::Status add(archive* in, std::size_t layer, std::string_view root = {});
  /// What the layers since `begin` make up.
  void each(const std::function<void(const std::string& path, const evidence::ImageFile& file)>& visit) const;

private:
  util::Status add_entry(archive* in, archive_entry* entry, std::size_t layer, std::string_view root);
  util::Status hash(archive* in, std::string_view path, evidence::ImageFile& file);
  util::Status too_large() const;

  const std::function<bool(std::string_view)>& wanted_;
  const ExportLimits& limits_;
  const std::stop_token stop_;
  Layers layers_;
  std::vector<evidence::ImageFile> files_; ///< by the ids of the layers
  std::uint64_t bytes_ = 0;
  std::size_t entries_ = 0;
  std::size_t names_ = 0;
};

} // namespace cacheproof::oci
