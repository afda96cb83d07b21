#include "sandbox/mirror.hpp"

#include "process/process.hpp"
#include "sandbox/environment.hpp"
#include "sandbox/leftovers.hpp"
#include "sandbox/log_tail.hpp"
#include "sandbox/loopback.hpp"
#include "sandbox/mirror_store.hpp"
#include "sandbox/port.hpp"
#include "util/caller.hpp"
#include "util/text.hpp"
#include "util/waiting.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

namespace cacheproof::sandbox {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto k_tick = 10ms;
constexpr auto k_ready_limit = 15s; // it asks upstream before it listens
constexpr auto k_lock_limit = 60s;  // for somebody else who is starting it
constexpr std::string_view k_ended = "the mirror ended with ";

/// $0 docker-registry, $1 its folder, whose owner is given what root wrote into it. Whoever uses the mirror holds
/// `lease` shared, so the exclusive lock comes when the last user has ended, and lasts until the registry has: nobody
/// joins one that is about to end. Without their supervisor both end too.
constexpr const char* k_supervisor = R"(
cd "$1" || exit
exec >mirror.log 2>&1
setpriv --pdeathsig=KILL "$0" serve registry.yml &
registry=$!
setpriv --pdeathsig=KILL flock -x lease sh -c 'kill "$0"; while kill -0 "$0"; do sleep 0.02; done 2>/dev/null' $registry &
waiter=$!
wait $registry
echo "the mirror ended with $?"
kill $waiter
chown -R --reference=. .
)";

std::string mark_of(const fs::path& folder) {
  return "CACHEPROOF_MIRROR=" + folder.string();
}

util::Result<util::Fd> open_lock(const fs::path& file) {
  util::Fd fd(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return util::failure("cannot open " + file.string() + ": " + std::strerror(errno));
  return fd;
}

util::Status
lock(const util::Fd& fd, bool (*hold)(const util::Fd&), const fs::path& file, const std::stop_token& stop) {
  for (const auto deadline = Clock::now() + k_lock_limit; !hold(fd); util::wait(k_tick, stop)) {
    if (stop.stop_requested())
      return util::failure("interrupted while the mirror started", {}, {}, util::Blame::interrupted);
    if (Clock::now() >= deadline)
      return util::failure("the mirror is being started by somebody who does not get on",
                           "lock " + file.string(),
                           "end the process that holds that file (fuser -v FILE)");
  }
  return {};
}

std::string configuration(const MirrorSetup& setup, const std::string& address, const std::string& identity) {
  return fmt::format("version: 0.1\n"
                     "log: {{level: warn, accesslog: {{disabled: true}}}}\n"
                     "storage:\n"
                     "  filesystem: {{rootdirectory: '{}'}}\n"
                     "  delete: {{enabled: true}}\n"
                     "http:\n"
                     "  addr: '{}'\n"
                     "  secret: '{}'\n"
                     "  headers: {{{}: ['{}']}}\n"
                     "proxy: {{remoteurl: '{}'}}\n",
                     (setup.folder / "store").string(),
                     address,
                     identity,
                     k_identity_header,
                     identity,
                     setup.upstream);
}

/// The whole environment. The password stands here and nowhere else: command lines and files can be read by others.
std::map<std::string, std::string> environment(const MirrorSetup& setup) {
  std::map<std::string, std::string> all{
      {"HOME", setup.folder.string()}, {"PATH", k_path}, {"CACHEPROOF_MIRROR", setup.folder.string()}};
  pass_proxies(all);
  if (!setup.credentials.password.empty()) {
    all["REGISTRY_PROXY_USERNAME"] = setup.credentials.username;
    all["REGISTRY_PROXY_PASSWORD"] = setup.credentials.password;
  }
  return all;
}

/// Starts the supervisor in a session of its own: no Ctrl-C and no end of this program reaches it.
util::Status launch(const MirrorSetup& setup) {
  process::Command command{.environment = environment(setup)};
  // The substitution ends when the supervisor has turned to its log, in its own session: until then it would be ended
  // with the group of what started it.
  command.argv = {
      "sh", "-c", R"sh(: "$(setsid --fork sh -c "$@")")sh", "sh", k_supervisor, setup.program, setup.folder};
  auto started = process::run(command);
  if (started && started->exit.ok()) return {};
  // Not the error of `run`: it prints the environment.
  return util::failure("the mirror cannot be started: " + (started ? started->err : started.error().what),
                       "setsid --fork sh",
                       "apt-get install util-linux");
}

struct Running {
  std::string address;
  std::string identity;
};

std::optional<Running> noted(const fs::path& folder) {
  const auto text = util::read_text(folder / "address");
  const auto words = util::split(text ? util::trim(*text) : std::string_view{}, ' ');
  if (words.size() != 2) return {};
  return Running{words[0], words[1]};
}

/// docker-registry panics when upstream cannot be reached; the words behind say why.
util::Error start_failure(const MirrorSetup& setup) {
  const auto log = util::read_text(setup.folder / "mirror.log").value_or("");
  constexpr std::string_view panic = "panic: ";
  if (const auto at = log.find(panic); at != log.npos) {
    const auto words = log.substr(at + panic.size(), log.find('\n', at) - at - panic.size());
    const bool asked = words.starts_with("Get "); // else it is a matter of its own files
    return {util::Blame::rig,
            asked ? setup.upstream + " cannot be reached: " + words : "the mirror did not start: " + words,
            {},
            "check the network and the proxy variables; images under `setup: {images: {NAME: busybox}}` need neither"};
  }
  return {util::Blame::rig,
          "the mirror of " + setup.upstream + " did not start:\n" + log_tail(setup.folder / "mirror.log"),
          setup.program.string() + " serve " + (setup.folder / "registry.yml").string(),
          "read the lines above"};
}

util::Result<std::string> start(const MirrorSetup& setup, const std::stop_token& stop) {
  const auto log = setup.folder / "mirror.log";
  CP_TRY_ASSIGN(const auto port, Port::reserve());
  const auto address = "127.0.0.1:" + std::to_string(port.number());
  const auto identity = fmt::format("mirror-{}-{}", getpid(), Clock::now().time_since_epoch().count());
  CP_TRY(util::write_text(setup.folder / "registry.yml", configuration(setup, address, identity)));
  CP_TRY(util::make_directories(setup.folder / "store"));
  CP_TRY(util::remove_tree(log)); // an ending supervisor may still write to the old one
  CP_TRY(util::give_to_caller(setup.folder));
  CP_TRY(launch(setup));

  for (const auto deadline = Clock::now() + k_ready_limit; Clock::now() < deadline;) {
    if (answers(address, identity, stop)) {
      CP_TRY(util::write_text(setup.folder / "address", address + " " + identity + "\n"));
      CP_TRY(util::give_to_caller(setup.folder / "address"));
      return address;
    }
    if (stop.stop_requested() || util::read_text(log).value_or("").find(k_ended) != std::string::npos) break;
    util::wait(k_tick, stop);
  }
  CP_TRY(end_marked(mark_of(setup.folder)));
  if (stop.stop_requested())
    return util::failure("interrupted while the mirror started", {}, {}, util::Blame::interrupted);
  return tl::unexpected(start_failure(setup));
}

} // namespace

Mirror::Mirror(std::string address, util::Fd lease)
    : address_(std::move(address)),
      lease_(std::move(lease)) {}

util::Result<Mirror> Mirror::lease(const MirrorSetup& setup, std::stop_token stop) {
  CP_TRY(util::make_directories(setup.folder));
  const auto starting_file = setup.folder / "starting";
  const auto lease_file = setup.folder / "lease";
  CP_TRY_ASSIGN(const auto starting, open_lock(starting_file)); // one at a time looks, clears and starts
  CP_TRY(lock(starting, util::hold_alone, starting_file, stop));
  CP_TRY_ASSIGN(auto lease, open_lock(lease_file));
  if (util::hold_alone(lease)) CP_TRY(end_marked(mark_of(setup.folder))); // nobody uses it
  CP_TRY(lock(lease, util::hold_shared, lease_file, stop));
  if (const auto running = noted(setup.folder); running && answers(running->address, running->identity, stop))
    return Mirror(running->address, std::move(lease));
  CP_TRY(end_marked(mark_of(setup.folder)));
  evict_blobs(setup.folder / "store", setup.limit);
  CP_TRY_ASSIGN(auto address, start(setup, stop));
  return Mirror(std::move(address), std::move(lease));
}

namespace {

std::vector<fs::path> folders_in(const fs::path& root) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root, error))
    if (fs::exists(entry.path() / "lease", error)) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  return folders;
}

} // namespace

std::vector<MirrorStore> mirror_stores(const fs::path& root) {
  std::vector<MirrorStore> stores;
  for (const auto& folder : folders_in(root)) {
    const auto lease = open_lock(folder / "lease");
    stores.push_back({folder, blob_bytes(folder / "store"), lease && !util::hold_alone(*lease)});
  }
  return stores;
}

std::vector<std::string> sweep_mirrors(const fs::path& root, bool dry_run) {
  std::vector<std::string> said;
  for (const auto& folder : folders_in(root)) {
    const auto starting = open_lock(folder / "starting");
    const auto lease = open_lock(folder / "lease");
    if (!starting || !lease || !util::hold_alone(*starting) || !util::hold_alone(*lease)) continue;
    if (marked(mark_of(folder)).empty()) continue;
    const auto ended = dry_run ? util::Status{} : end_marked(mark_of(folder));
    said.push_back(ended ? fmt::format("{} the mirror in {}", dry_run ? "would end" : "ended", folder.string())
                         : ended.error().what);
  }
  return said;
}

} // namespace cacheproof::sandbox
