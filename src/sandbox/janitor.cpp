#include "sandbox/janitor.hpp"

#include "sandbox/leftovers.hpp"

#include <algorithm>
#include <system_error>

namespace cacheproof::sandbox {
namespace {

namespace fs = std::filesystem;

void say(std::vector<std::string>& said, const Leftovers& found, bool dry_run) {
  const std::string kill = dry_run ? "would kill" : "killed";
  const std::string unmount = dry_run ? "would unmount" : "unmounted";
  const std::string remove = dry_run ? "would remove" : "removed";
  for (const int pid : found.processes) said.push_back(kill + " process " + std::to_string(pid));
  for (const auto& mount : found.mounts) said.push_back(unmount + " " + mount.string());
  for (const auto& group : found.cgroups) said.push_back(remove + " cgroup " + group.string());
}

} // namespace

std::vector<std::string> sweep(const SweepOptions& options) {
  std::vector<std::string> said;
  std::vector<fs::path> folders;
  std::error_code error;
  for (const auto& root : options.roots)
    for (const auto& entry : fs::directory_iterator(root, error))
      if (entry.path().filename().string().starts_with(k_prefix)) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  folders.erase(std::unique(folders.begin(), folders.end()), folders.end());

  for (const auto& folder : folders) {
    const auto lock = lock_abandoned(folder); // held until the folder is gone: no second sweep works on it
    if (!lock) continue;
    say(said, leftovers(folder), options.dry_run);
    if (options.dry_run) {
      said.push_back("would remove " + folder.string());
      continue;
    }
    auto done = clear(folder);
    if (done) done = remove_files(folder);
    said.push_back(done ? "removed " + folder.string() : done.error().what);
  }
  return said;
}

} // namespace cacheproof::sandbox
