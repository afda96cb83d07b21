#include "workspace/fingerprint.hpp"

#include "util/hash.hpp"
#include "workspace/copy.hpp"

#include <sys/stat.h>
#include <time.h>

#include <system_error>

namespace cacheproof::workspace {
namespace fs = std::filesystem;
namespace {

std::int64_t nanoseconds(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// The kernel's clock for ctime moves by a tick of up to 10 ms: a file that changed just now could change again under
/// the same ctime.
bool settled(std::int64_t ctime) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return nanoseconds(now) - ctime > 20'000'000;
}

} // namespace

util::Result<std::string> Fingerprinter::hash(const fs::path& path, const struct stat& info) {
  const Stamp stamp{info.st_size, nanoseconds(info.st_mtim), nanoseconds(info.st_ctim)};
  if (const auto known = known_.find(info.st_ino); known != known_.end() && known->second.stamp == stamp)
    return known->second.sha256;
  CP_TRY_ASSIGN(auto sha256, util::sha256_file(path));
  if (settled(stamp.ctime)) known_[info.st_ino] = {stamp, sha256};
  return sha256;
}

util::Result<evidence::FileState> Fingerprinter::state_of(const fs::path& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) != 0) return system_failure("cannot read", path);
  evidence::FileState state;
  state.mode = info.st_mode & 07777U;
  state.uid = info.st_uid;
  state.gid = info.st_gid;
  state.mtime = nanoseconds(info.st_mtim);
  if (S_ISREG(info.st_mode)) {
    state.type = "file";
    state.size = static_cast<std::uint64_t>(info.st_size);
    CP_TRY_ASSIGN(state.sha256, hash(path, info));
  } else if (S_ISDIR(info.st_mode)) {
    state.type = "dir";
  } else if (S_ISLNK(info.st_mode)) {
    state.type = "link";
    std::error_code error;
    state.link = fs::read_symlink(path, error).string();
    if (error) return util::failure("cannot read the link " + path.string() + ": " + error.message());
  } else {
    state.type = "other";
  }
  return state;
}

util::Result<evidence::Fingerprint> Fingerprinter::take(const fs::path& folder) {
  evidence::Fingerprint all;
  std::error_code error;
  const auto prefix = (folder / "").native().size();
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    CP_TRY_ASSIGN(auto state, state_of(it->path()));
    all.files.emplace(it->path().native().substr(prefix), std::move(state));
  }
  if (error) return util::failure("cannot read " + folder.string() + ": " + error.message());
  return all;
}

util::Result<evidence::Fingerprint> fingerprint(const fs::path& folder) {
  return Fingerprinter().take(folder);
}

} // namespace cacheproof::workspace
