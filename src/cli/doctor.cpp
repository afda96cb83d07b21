#include "cli/commands.hpp"
#include "cli/rootless.hpp"
#include "engine/rig.hpp"
#include "process/process.hpp"
#include "sandbox/mirror.hpp"
#include "toolchain/programs.hpp"
#include "toolchain/toolchain.hpp"
#include "util/bytes.hpp"
#include "util/files.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace cacheproof::cli {
namespace {

/// Prints one line per thing that was looked at, and counts what stands in the way of a run.
class Checkup {
public:
  void good(std::string_view what, std::string_view detail) { line("ok", what, detail); }
  void bad(std::string_view what, std::string_view detail, std::string_view remedy) {
    line("MISSING", what, detail);
    std::cout << fmt::format("{:>8}  {:<18} to do: {}\n", "", "", remedy);
    ++missing_;
  }
  /// Something that slows a run down or narrows it, but does not prevent it.
  void weak(std::string_view what, std::string_view detail, std::string_view remedy) {
    line("note", what, detail);
    if (!remedy.empty()) std::cout << fmt::format("{:>8}  {:<18} to do: {}\n", "", "", remedy);
  }
  void program(std::string_view what, const util::Result<std::filesystem::path>& found) {
    if (found) return good(what, found->string());
    bad(what, found.error().what, found.error().remedy);
  }
  int missing() const { return missing_; }

private:
  static void line(std::string_view state, std::string_view what, std::string_view detail) {
    std::cout << fmt::format("{:>8}  {:<18} {}\n", state, what, detail);
  }
  int missing_ = 0;
};

void check_toolchains(Checkup& checkup) {
  bool any = false;
  for (const auto& entry : toolchain::list()) {
    if (!entry.damage.empty())
      checkup.weak("BuildKit " + entry.version, entry.damage, "the next run installs it again");
    if (!entry.installed) continue;
    any = true;
    checkup.good("BuildKit " + entry.version, entry.installed->bin.string());
  }
  if (any) return;
  checkup.weak("BuildKit", "none is installed yet", "the first run installs it, or: cacheproof toolchain install");
}

void check_mirrors(Checkup& checkup) {
  const auto limit = engine::mirror_limit();
  if (!limit) return checkup.weak("mirrors", limit.error().what, limit.error().remedy);
  for (const auto& store : sandbox::mirror_stores(engine::mirror_root()))
    checkup.good("mirror",
                 fmt::format("{} of at most {} in {}{}",
                             util::bytes_text(store.bytes),
                             util::bytes_text(*limit),
                             store.folder.string(),
                             store.in_use ? ", in use" : ""));
}

void check_space(Checkup& checkup) {
  constexpr std::uintmax_t wanted = std::uintmax_t{1} << 30U;
  const auto space = util::free_space("/dev/shm");
  if (space && *space >= wanted) return checkup.good("/dev/shm", fmt::format("{} MiB free", *space >> 20U));
  const auto found = space ? fmt::format("only {} MiB free", *space >> 20U) : space.error().what;
  checkup.weak("/dev/shm",
               found + ": daemons keep their state on the disk, which is slower",
               "give /dev/shm 1 GiB: mount -o remount,size=1G /dev/shm");
}

/// Root, or what stands in for it.
void check_root(Checkup& checkup) {
  if (geteuid() == 0) return checkup.good("root", "yes");
  const auto lacks = lacks_for_rootless();
  if (lacks.empty()) return checkup.good("root", "no, but rootlesskit gives a namespace in which it is like root");
  checkup.bad("root", "no: buildkitd mounts file systems", "use sudo, or the wrapper ./cacheproof, which asks for it");
  for (const auto& [what, remedy] : lacks) checkup.weak("without root", what, "as root: " + remedy);
}

int examine() {
  Checkup checkup;
  check_root(checkup);
  checkup.program("runc", toolchain::find_runc());
  checkup.program("registry", toolchain::find_registry());
  checkup.program("static busybox", toolchain::find_busybox());
  const auto unshare = process::find_program("unshare");
  if (unshare) {
    checkup.good("unshare", unshare->string());
  } else {
    checkup.bad("unshare", "not found", "apt-get install util-linux");
  }
  check_toolchains(checkup);
  const char* path = std::getenv("PATH");
  const auto go = process::find_program("go", std::string(path ? path : "") + ":/usr/local/go/bin");
  if (go) {
    checkup.good("go", go->string());
  } else {
    checkup.weak("go", "not found", "needed only where releases cannot be downloaded: https://go.dev/doc/install");
  }
  check_mirrors(checkup);
  check_space(checkup);
  if (checkup.missing() == 0) {
    std::cout << "This machine can play scenarios.\n";
    return 0;
  }
  std::cout << fmt::format("{} missing: scenarios cannot be played here yet.\n", checkup.missing());
  return 2;
}

} // namespace

void add_doctor(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand("doctor", "Say what this machine can and can't do, with the remedy for each");
  command->callback([&session] { session.action = [] { return examine(); }; });
}

} // namespace cacheproof::cli
