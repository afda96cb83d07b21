#include "engine/run_folder.hpp"

#include "util/caller.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <functional>
#include <vector>

namespace cacheproof::engine {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t k_kept_runs = 20;
/// The file that tells a folder of ours from one of the user's: without it nothing is ever removed.
constexpr const char* k_marker = ".cacheproof-run";

/// Runs of one second sort by pid, others by time.
std::string new_name() {
  return fmt::format("{:%Y-%m-%dT%H-%M-%S}-{}", fmt::gmtime(std::time(nullptr)), getpid());
}

/// A shared lock says "in use"; only who gets the exclusive one may remove the folder.
util::Fd lock(const fs::path& folder, bool (*hold)(const util::Fd&)) {
  util::Fd fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd && !hold(fd)) fd.reset();
  return fd;
}

/// What is in the way of removing an old run is no reason to refuse a new one.
void prune(const fs::path& out, const fs::path& current) {
  std::vector<fs::path> runs;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(out, ignored))
    if (entry.path() != current && fs::exists(entry.path() / k_marker, ignored)) runs.push_back(entry.path());
  std::sort(runs.begin(), runs.end(), std::greater<>());
  for (std::size_t i = k_kept_runs - 1; i < runs.size(); ++i)
    if (const auto mine = lock(runs[i], util::hold_alone)) static_cast<void>(util::remove_tree(runs[i]));
}

} // namespace

util::Result<RunFolder> RunFolder::create(const fs::path& out, const std::string& name) {
  RunFolder folder;
  folder.path_ = out / (name.empty() ? new_name() : name);
  const bool first = !fs::exists(out);
  CP_TRY(util::make_directories(folder.path_));
  folder.lock_ = lock(folder.path_, util::hold_shared);
  CP_TRY(util::write_text(folder.path_ / k_marker, ""));
  CP_TRY(util::give_to_caller(first ? out : folder.path_));
  prune(out, folder.path_);
  return folder;
}

} // namespace cacheproof::engine
