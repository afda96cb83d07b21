#include "sandbox/mirror_store.hpp"

#include "util/files.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <string>
#include <system_error>
#include <tuple>
#include <vector>

namespace cacheproof::sandbox {
namespace {

namespace fs = std::filesystem;

struct Blob {
  std::tuple<time_t, long, std::string> used; ///< last read or written; the name makes the order one
  fs::path folder;
  std::uintmax_t bytes = 0;
};

std::vector<Blob> blobs_in(const fs::path& registry) {
  std::vector<Blob> blobs;
  std::error_code error;
  for (fs::recursive_directory_iterator it(registry / "docker/registry/v2/blobs", error), end; !error && it != end;
       it.increment(error)) {
    struct stat info {};
    if (it->path().filename() != "data" || stat(it->path().c_str(), &info) != 0) continue;
    const auto& last =
        std::tie(info.st_atim.tv_sec, info.st_atim.tv_nsec) < std::tie(info.st_mtim.tv_sec, info.st_mtim.tv_nsec)
            ? info.st_mtim
            : info.st_atim;
    blobs.push_back({{last.tv_sec, last.tv_nsec, it->path().string()},
                     it->path().parent_path(),
                     static_cast<std::uintmax_t>(info.st_size)});
  }
  return blobs;
}

std::uintmax_t sum(const std::vector<Blob>& blobs) {
  std::uintmax_t bytes = 0;
  for (const auto& blob : blobs) bytes += blob.bytes;
  return bytes;
}

} // namespace

std::uintmax_t blob_bytes(const fs::path& registry) {
  return sum(blobs_in(registry));
}

std::uintmax_t evict_blobs(const fs::path& registry, std::uintmax_t limit) {
  auto blobs = blobs_in(registry);
  std::sort(blobs.begin(), blobs.end(), [](const Blob& left, const Blob& right) { return left.used < right.used; });
  const auto before = sum(blobs);
  auto left = before;
  for (const auto& blob : blobs) {
    if (left <= limit) break;
    if (util::remove_tree(blob.folder)) left -= blob.bytes;
  }
  return before - left;
}

} // namespace cacheproof::sandbox
