#include "sandbox/daemon.hpp"

#include "buildkit/client.hpp"
#include "sandbox/bridge.hpp"
#include "sandbox/daemon_program.hpp"
#include "sandbox/docker.hpp"
#include "sandbox/leftovers.hpp"
#include "sandbox/log_tail.hpp"
#include "util/files.hpp"
#include "util/text.hpp"
#include "util/waiting.hpp"

#include <fmt/format.h>

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <system_error>
#include <utility>

namespace cacheproof::sandbox {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto k_tick = 10ms;     // between two questions whether it answers; its end and a stop are noticed at once
constexpr auto k_dump_limit = 3s; // Go writes a few hundred kilobytes of stacks in some milliseconds
constexpr auto k_restart_limit = 10s; // it ends within some milliseconds
constexpr const char* k_hang_remedy =
    "read the lines above, and the goroutines in its evidence, if it told them, for where it hung; on a machine that "
    "is merely slow, run it again";
constexpr const char* k_daemon_mark = "CACHEPROOF_DAEMON";

/// Beside its folder: it stays when the folder goes.
std::filesystem::path log_of(const DaemonSetup& setup) {
  return setup.folder.string() + ".log";
}

process::Command command(const DaemonSetup& setup, process::Command daemon) {
  daemon.environment->emplace(k_daemon_mark, setup.folder.string());
  daemon.environment->insert_or_assign("TMPDIR", (setup.folder / "tmp").string());
  const std::vector<std::string> alone{
      "unshare", "--fork", "--kill-child", "--pid", "--mount", "--mount-proc", "--propagation", "private", "--"};
  daemon.argv.insert(daemon.argv.begin(), alone.begin(), alone.end());
  daemon.argv.insert(daemon.argv.end(), setup.flags.begin(), setup.flags.end());
  return daemon;
}

std::string name_of(DaemonKind kind) {
  return kind == DaemonKind::dockerd ? "dockerd" : "buildkitd";
}

/// Whether nobody listens at a socket that somebody had made; one that hangs still listens.
bool is_deserted(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.string().copy(address.sun_path, sizeof address.sun_path - 1);
  const util::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0
         && errno == ECONNREFUSED;
}

/// How many processes the kernel has killed for lack of memory, of the machine's or of a control group's (v1 and v2).
std::string oom_kills() {
  const auto counters = util::read_text("/proc/vmstat").value_or("");
  for (const auto& line : util::lines(counters))
    if (line.starts_with("oom_kill ")) return line;
  return {};
}

/// The name of the only entry of a folder; empty where there is none or more.
std::string only_entry(const std::filesystem::path& folder) {
  std::string name;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (!name.empty()) return {};
    name = entry.path().filename();
  }
  return name;
}

/// The process of a container by its id, which its control groups have in their names; 0 where there is none.
int buildkitd_in(const std::string& container) {
  std::error_code error;
  if (container.empty()) return 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error))
    if (util::read_text(entry.path() / "comm").value_or("") == "buildkitd\n"
        && util::read_text(entry.path() / "cgroup").value_or("").find(container) != std::string::npos)
      return std::stoi(entry.path().filename());
  return 0;
}

/// The id of one of the engine at that address, by its name.
std::string id_of(const std::string& container, const std::string& engine) {
  return docker({"--host", engine, "container", "inspect", "--format", "{{.Id}}", container}, 5s).value_or("");
}

util::Result<buildkit::Client> answers(const std::filesystem::path& socket, DaemonKind kind) {
  std::error_code error;
  if (!std::filesystem::exists(socket, error)) return util::failure("it has made no socket yet");
  CP_TRY_ASSIGN(
      auto client,
      buildkit::Client::connect(socket, kind == DaemonKind::dockerd ? buildkit::Door::engine : buildkit::Door::daemon));
  CP_TRY(client.ready(1s));
  return client;
}

} // namespace

std::chrono::milliseconds start_limit(DaemonKind kind) {
  return kind == DaemonKind::dockerd ? 30s : 10s;
}

std::filesystem::path socket_of(const DaemonSetup& setup) {
  return setup.folder / "s.sock";
}

Daemon::Daemon(std::optional<process::Process> process, const DaemonSetup& setup, process::Command command)
    : process_(std::move(process)),
      kind_(setup.kind),
      name_(name_of(setup.kind)),
      bridge_(process_ && setup.kind == DaemonKind::dockerd ? bridge_of(setup.folder) : ""),
      log_(log_of(setup)),
      socket_(socket_of(setup)),
      mark_(std::string(k_daemon_mark) + "=" + setup.folder.string()),
      oom_kills_(oom_kills()),
      command_(std::move(command)) {}

Daemon::~Daemon() {
  static_cast<void>(stop());
}

util::Result<std::unique_ptr<Daemon>> Daemon::launch(const DaemonSetup& setup) {
  CP_TRY(util::make_directories(setup.folder / "tmp"));
  const bool engine = setup.kind == DaemonKind::dockerd;
  CP_TRY_ASSIGN(auto program, engine ? prepare_dockerd(setup) : prepare_buildkitd(setup));
  if (engine) CP_TRY(make_bridge(bridge_of(setup.folder)));
  auto what = command(setup, std::move(program));
  auto process = process::Process::start(what, {.log = log_of(setup)});
  if (!process) {
    if (engine) static_cast<void>(remove_bridge(bridge_of(setup.folder)));
    return tl::unexpected(std::move(process).error());
  }
  return std::unique_ptr<Daemon>(new Daemon(std::move(*process), setup, std::move(what)));
}

util::Result<std::unique_ptr<Daemon>> Daemon::attach(const DaemonSetup& setup, const std::filesystem::path& socket) {
  CP_TRY(util::make_directories(setup.folder));
  CP_TRY(util::write_text(setup.folder / "buildkitd.toml", contained_configuration(setup)));
  std::error_code error;
  std::filesystem::create_symlink(socket, socket_of(setup), error);
  if (error) return util::failure("cannot make " + socket_of(setup).string() + ": " + error.message());
  auto daemon = std::unique_ptr<Daemon>(new Daemon({}, setup, {.argv = {"unix://" + socket.string()}}));
  daemon->name_ = "the Docker engine";
  return daemon;
}

/// Whether it has, or does so within that time.
std::optional<process::Exit> Daemon::ended(std::chrono::milliseconds limit, std::stop_token stop) {
  if (process_) return process_->wait(limit, std::move(stop));
  util::wait(limit, std::move(stop));
  return {};
}

util::Status Daemon::wait_ready(std::chrono::milliseconds limit, std::stop_token stop) {
  const auto deadline = Clock::now() + limit;
  for (;;) {
    auto client = answers(socket_, kind_);
    if (client) {
      client_.emplace(std::move(*client));
      containerd_ = containerd_now();
      return {};
    }
    if (stop.stop_requested())
      return util::failure("interrupted while " + name_ + " started", {}, {}, util::Blame::interrupted);
    if (const auto death = died())
      return util::failure(name_ + " ended at its start: " + *death + "\n" + log_tail(),
                           process::to_line(command_),
                           "read the lines above; it needs root and the right to mount and to make namespaces (in a "
                           "container: --privileged), and `cacheproof doctor` checks the machine");
    if (Clock::now() >= deadline)
      return util::failure(
          fmt::format("{} did not answer within {} ms: {}\n{}", name_, limit.count(), client.error().what, log_tail()),
          process::to_line(command_),
          k_hang_remedy);
    ended(k_tick, stop);
  }
}

util::Status Daemon::enter_container(const std::string& name, std::stop_token stop) {
  const auto deadline = Clock::now() + start_limit(DaemonKind::buildkitd);
  for (;;) {
    contained_ =
        buildkitd_in(process_ ? only_entry(socket_.parent_path() / "root/containers") : id_of(name, address()));
    // Its socket is seen through the root of the process, which needs no client of Docker's.
    const auto root = std::filesystem::path("/proc") / std::to_string(contained_) / "root";
    auto client = contained_ == 0 ? util::failure("there is no buildkitd in a container")
                                  : answers(root / "run/buildkit/buildkitd.sock", DaemonKind::buildkitd);
    if (client) {
      client_.emplace(std::move(*client));
      return {};
    }
    std::error_code error;
    static_cast<void>(std::filesystem::status(root / "run", error));
    if (error == std::errc::permission_denied)
      return util::failure("only root can look into the container " + name,
                           root.string(),
                           "run it as root, or take an engine of cacheproof's own",
                           util::Blame::unable);
    if (stop.stop_requested())
      return util::failure("interrupted while a container started", {}, {}, util::Blame::interrupted);
    if (Clock::now() >= deadline)
      return util::failure("buildkitd does not answer in its container: " + client.error().what + "\n" + log_tail(),
                           process::to_line(command_),
                           k_hang_remedy);
    ended(k_tick, stop);
  }
}

bool Daemon::alive() {
  return !stopped_ && (process_ ? !process_->poll() : !is_left());
}

/// Whether the user's engine has ended: in good order it takes its socket with it.
bool Daemon::is_left() const {
  std::error_code error;
  return is_deserted(socket_) || !std::filesystem::exists(socket_, error);
}

std::optional<std::string> Daemon::died() {
  if (stopped_) return {};
  if (!process_) {
    if (is_left()) return "nobody listens at " + command_.argv.front() + " any more";
    // One that was started again has forgotten the connection; one that has other work to do as well is slow.
    return ready() && !client_->ready(10s) ? std::optional("its BuildKit does not answer any more") : std::nullopt;
  }
  auto exit = process_->poll();
  // A daemon that was killed refuses connections a moment before unshare has ended, too.
  if (!exit && is_deserted(socket_)) exit = process_->wait(500ms);
  if (!exit && entered() && kill(contained_, 0) != 0) return "the buildkitd in its container ended";
  // An engine lives on without it and may start another one; what was lost with the first would look like a miss.
  if (!exit && ready() && containerd_now() != containerd_) return "its containerd ended";
  if (!exit && !bridge_.empty() && !has_bridge(bridge_)) return "its bridge " + bridge_ + " was taken away";
  if (!exit) return {};
  const std::string memory =
      oom_kills() == oom_kills_ ? "" : "; meanwhile the kernel killed processes for lack of memory";
  // unshare of util-linux 2.38 says this and exits with 1 when a signal killed its child, later ones die of the same.
  if (log_tail().find("unshare: sigprocmask unblock failed") != std::string::npos) return "killed by a signal" + memory;
  return process::to_text(*exit) + memory;
}

std::string Daemon::containerd_now() const {
  if (kind_ != DaemonKind::dockerd) return {};
  const auto folder = socket_.parent_path() / "x/containerd";
  return is_deserted(folder / "containerd.sock") ? "none" : util::read_text(folder / "containerd.pid").value_or("");
}

std::string Daemon::log_tail() const {
  return sandbox::log_tail(log_);
}

std::string Daemon::dump_goroutines() {
  std::error_code error;
  const auto before = std::filesystem::file_size(log_, error);
  if (error || !process_ || !alive()) return {};
  signal_marked(mark_, SIGQUIT, process_->pid());
  process_->wait(k_dump_limit);
  const auto text = util::read_text(log_);
  const auto dump = text && text->size() > before ? text->substr(before) : std::string();
  return dump.find("\ngoroutine ") == std::string::npos ? std::string() : dump;
}

util::Status Daemon::restart() {
  if (!process_) return util::failure(name_ + " is yours, and is not restarted");
  client_.reset();
  signal_marked(mark_, SIGTERM, process_->pid());
  if (!process_->wait(k_restart_limit))
    return util::failure(fmt::format("{} did not end within {} s of a SIGTERM\n{}",
                                     name_,
                                     std::chrono::seconds(k_restart_limit).count(),
                                     log_tail()),
                         process::to_line(command_),
                         k_hang_remedy);
  CP_TRY(end_marked(mark_));
  CP_TRY_ASSIGN(process_, process::Process::start(command_, {.log = log_}));
  return {};
}

util::Status Daemon::stop() {
  if (std::exchange(stopped_, true)) return {};
  client_.reset();
  if (!process_) return {};
  // buildkitd first, so that unshare reaps it: the init of a container often reaps nothing. It is the init of its pid
  // namespace, and its end is over when everything in there is.
  if (!process_->poll()) {
    static_cast<void>(end_marked(mark_, process_->pid()));
    process_->stop(SIGKILL);
  }
  CP_TRY(end_marked(mark_));
  return bridge_.empty() ? util::Status() : remove_bridge(bridge_);
}

} // namespace cacheproof::sandbox
