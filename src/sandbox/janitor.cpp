#include "sandbox/janitor.hpp"

#include "sandbox/containers.hpp"
#include "sandbox/folder.hpp"
#include "sandbox/leftovers.hpp"
#include "sandbox/owner.hpp"
#include "sandbox/users_engine.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

namespace cacheproof::sandbox {
namespace {

namespace fs = std::filesystem;

std::string name_of(int pid) {
  return std::string(util::trim(util::read_text(fmt::format("/proc/{}/comm", pid)).value_or("gone")));
}

std::vector<fs::path> sandboxes(const std::vector<fs::path>& roots) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (const auto& root : roots)
    for (const auto& entry : fs::directory_iterator(root, error))
      if (entry.path().filename().string().starts_with(k_prefix)) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  folders.erase(std::unique(folders.begin(), folders.end()), folders.end());
  return folders;
}

/// One sweep: does it, or only says what it would do.
class Sweep {
public:
  explicit Sweep(bool dry_run)
      : dry_run_(dry_run) {}

  void sandbox(const fs::path& folder) {
    const auto lock = lock_abandoned(folder); // held until the folder is gone: no second sweep works on it
    if (!lock) return;
    const auto found = leftovers(folder);
    for (const int pid : found.processes) say("kill", "killed", fmt::format("process {} ({})", pid, name_of(pid)));
    for (const auto& mount : found.mounts) say("unmount", "unmounted", mount.string());
    for (const auto& group : found.cgroups) say("remove", "removed", "cgroup " + group.string());
    for (const auto& bridge : found.bridges) say("remove", "removed", "bridge " + bridge);
    for (const auto& network : found.networks) say("remove", "removed", "network namespace " + network.string());
    for (const auto& container : containers())
      if (container.folder == folder) act("container " + container.id, [&] { return remove_container(container.id); });
    const auto owner = from_marker(util::read_text(folder / k_owner_file).value_or(""));
    const auto made = made_in_engine(folder);
    if (const auto gone = dry_run_ ? util::Status() : remove_made(folder); !gone) {
      said.push_back(fmt::format("{}: {}; {}", folder.string(), gone.error().what, gone.error().remedy));
      static_cast<void>(clear(folder));
      return;
    }
    for (const auto& each : made) say("remove", "removed", each);
    act(folder.string() + (owner ? ", " + epitaph(*owner) : ""), [&]() -> util::Status {
      CP_TRY(clear(folder));
      return remove_files(folder);
    });
  }

  void parts(const fs::path& root) {
    const auto parts = abandoned_parts(root);
    for (const auto& folder : parts.folders) act(folder.string(), [&] { return util::remove_tree(folder); });
  }

  std::vector<std::string> said;

private:
  void say(const std::string& verb, const std::string& done, const std::string& what) {
    said.push_back((dry_run_ ? "would " + verb : done) + " " + what);
  }

  template <class Remove> void act(const std::string& what, Remove remove) {
    const auto done = dry_run_ ? util::Status() : remove();
    if (done)
      say("remove", "removed", what);
    else
      said.push_back(done.error().what);
  }

  /// The engine is asked once, and only when a run was killed.
  const std::vector<Container>& containers() {
    if (!containers_) containers_ = labelled_containers();
    return *containers_;
  }

  bool dry_run_;
  std::optional<std::vector<Container>> containers_;
};

} // namespace

std::vector<std::string> sweep(const SweepOptions& options) {
  Sweep sweep(options.dry_run);
  for (const auto& folder : sandboxes(options.roots)) sweep.sandbox(folder);
  for (const auto& root : options.roots) sweep.parts(root);
  if (!options.dry_run) forget_gone_roots();
  return std::move(sweep.said);
}

} // namespace cacheproof::sandbox
