#include "toolchain/store.hpp"

#include "toolchain/sources.hpp"
#include "util/caller.hpp"

#include <fmt/format.h>

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

namespace cacheproof::toolchain {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view k_algorithm = "sha256-"; // no version begins so

std::string place_of(const std::string& version) {
  if (!is_image(version)) return version;
  auto digest = version.substr(version.find('@') + 1);
  std::replace(digest.begin(), digest.end(), ':', '-');
  return digest;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

} // namespace

std::filesystem::path store() {
  if (const auto named = variable("CACHEPROOF_STORE"); !named.empty()) return std::filesystem::absolute(named);
  if (const auto cache = variable("XDG_CACHE_HOME"); !cache.empty()) return std::filesystem::path(cache) / "cacheproof";
  const auto caller = util::sudo_caller();
  return (caller ? caller->home : std::filesystem::path(variable("HOME"))) / ".cache" / "cacheproof";
}

std::filesystem::path folder_of(Kind kind, const std::string& version) {
  return store() / recipe(kind).name / place_of(version);
}

std::filesystem::path lock_of(Kind kind, const std::string& version) {
  return store() / recipe(kind).name / (place_of(version) + ".lock");
}

util::Result<util::Fd> open_lock(const std::filesystem::path& path) {
  util::Fd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file)
    return util::failure(fmt::format("the store cannot be written: {}: {}", path.string(), std::strerror(errno)),
                         {},
                         "set CACHEPROOF_STORE to a folder that you may write, on a file system with room");
  CP_TRY(util::give_to_caller(path));
  return file;
}

std::vector<std::string> images_in_store(Kind kind) {
  std::vector<std::string> digests;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(store() / recipe(kind).name, error))
    if (const auto name = entry.path().filename().string(); name.starts_with(k_algorithm) && entry.is_directory(error))
      digests.push_back("sha256:" + name.substr(k_algorithm.size()));
  std::sort(digests.begin(), digests.end());
  return digests;
}

std::string work_prefix(Kind kind, const std::string& version) {
  return fmt::format("tmp-{}-{}@", recipe(kind).name, place_of(version)); // no version has an @
}

util::Status take_away(Kind kind, const std::string& version) {
  CP_TRY_ASSIGN(const auto aside, util::make_unique_directory(store(), work_prefix(kind, version)));
  std::error_code error;
  fs::rename(folder_of(kind, version), aside / "removed", error);
  auto removed = util::remove_tree(aside);
  if (error)
    return util::failure(fmt::format("cannot remove {}: {}", folder_of(kind, version).string(), error.message()));
  return removed;
}

std::uintmax_t size_of(const fs::path& folder) {
  std::uintmax_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (entry->is_regular_file(error)) bytes += entry->file_size(error);
  return bytes;
}

} // namespace cacheproof::toolchain
