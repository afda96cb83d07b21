#include "sandbox/daemon.hpp"

#include "buildkit/client.hpp"
#include "sandbox/leftovers.hpp"
#include "sandbox/log_tail.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

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

/// A TOML basic string (toml.io v1.0.0, "String").
std::string toml_text(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

/// A table of buildkitd.toml: its header and its lines, `key = value`.
struct Table {
  std::string header;
  std::vector<std::string> lines;
};

std::string key_of(std::string_view line) {
  return std::string(util::trim(line.substr(0, line.find('='))));
}

/// The tables behind a text that may have some of them itself: TOML takes each once, so ours go into its own there, but
/// for keys that it sets.
std::string merged(const std::string& text, const std::vector<Table>& tables) {
  const auto written = util::lines(text);
  std::string result;
  std::vector<std::string> done;
  for (std::size_t i = 0; i < written.size(); ++i) {
    result += written[i] + "\n";
    const auto header = std::string(util::trim(written[i]));
    const auto table =
        std::find_if(tables.begin(), tables.end(), [&](const auto& each) { return each.header == header; });
    if (table == tables.end()) continue;
    done.push_back(header);
    for (const auto& line : table->lines) {
      bool set = false;
      for (auto k = i + 1; k < written.size() && !util::trim(written[k]).starts_with('['); ++k)
        set = set || key_of(written[k]) == key_of(line);
      if (!set) result += line + "\n";
    }
  }
  for (const auto& table : tables) {
    if (std::find(done.begin(), done.end(), table.header) != done.end()) continue;
    if (!result.empty()) result += "\n";
    result += table.header + "\n";
    for (const auto& line : table.lines) result += line + "\n";
  }
  return result;
}

std::string configuration(const DaemonSetup& setup) {
  // No garbage collection: what it removes would look like a miss. The socket for traces is /run/buildkit's otherwise,
  // where daemons of several sandboxes would meet (v0.11.6 does not know the key, and needs none).
  std::vector<Table> tables{{"[worker.containerd]", {"enabled = false"}},
                            {"[worker.oci]", {"gc = false", "defaultCgroupParent = " + toml_text(setup.cgroup)}},
                            {"[otel]", {"socketPath = " + toml_text((setup.folder / "otel.sock").string())}}};
  std::set<std::string> own;
  for (const auto& registry : setup.registries) own.insert(registry.substr(0, registry.find('/')));
  auto plain = own;
  for (const auto& [host, mirrors] : setup.mirrors) {
    if (own.contains(host)) continue;
    std::vector<std::string> texts;
    for (const auto& mirror : mirrors) {
      texts.push_back(toml_text(mirror));
      plain.insert(mirror.substr(0, mirror.find('/')));
    }
    tables.push_back(
        {fmt::format("[registry.{}]", toml_text(host)), {fmt::format("mirrors = [{}]", util::join(texts, ", "))}});
  }
  // `http` alone: with `insecure`, HTTPS is tried first from v0.12 on (buildkit-facts).
  for (const auto& address : plain)
    tables.push_back({fmt::format("[registry.{}]", toml_text(address)), {"http = true"}});
  return merged(setup.config, tables);
}

/// runc keeps its state in /run/runc, where that of killed containers would stay for ever; buildkitd cannot tell it
/// another place.
std::string runc_script(const DaemonSetup& setup) {
  const process::Command runc{{setup.runc.string(), "--root", (setup.folder / "runc").string()}};
  return "#!/bin/sh\nexec " + process::to_line(runc) + " \"$@\"\n";
}

/// Beside its folder: it stays when the folder goes.
std::filesystem::path log_of(const DaemonSetup& setup) {
  return setup.folder.string() + ".log";
}

std::filesystem::path socket_of(const DaemonSetup& setup) {
  return setup.folder / "s.sock";
}

process::Command command(const DaemonSetup& setup, const std::filesystem::path& runc) {
  process::Command result{.environment = setup.environment};
  (*result.environment)[k_daemon_mark] = setup.folder.string();
  (*result.environment)["TMPDIR"] = (setup.folder / "tmp").string();
  result.argv = {
      "unshare", "--fork", "--kill-child", "--pid", "--mount", "--mount-proc", "--propagation", "private", "--"};
  const std::vector<std::string> daemon{setup.buildkitd.string(),
                                        "--root",
                                        (setup.folder / "root").string(),
                                        "--addr",
                                        "unix://" + socket_of(setup).string(),
                                        "--config",
                                        (setup.folder / "buildkitd.toml").string(),
                                        "--oci-worker-binary",
                                        runc.string(),
                                        "--oci-worker-net",
                                        "host"};
  result.argv.insert(result.argv.end(), daemon.begin(), daemon.end());
  result.argv.insert(result.argv.end(), setup.flags.begin(), setup.flags.end());
  return result;
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

util::Result<buildkit::Client> answers(const std::filesystem::path& socket) {
  std::error_code error;
  if (!std::filesystem::exists(socket, error)) return util::failure("it has made no socket yet");
  CP_TRY_ASSIGN(auto client, buildkit::Client::connect(socket));
  CP_TRY(client.ready(1s));
  return client;
}

} // namespace

Daemon::Daemon(process::Process process, const DaemonSetup& setup, process::Command command)
    : process_(std::move(process)),
      log_(log_of(setup)),
      socket_(socket_of(setup)),
      mark_(std::string(k_daemon_mark) + "=" + setup.folder.string()),
      oom_kills_(oom_kills()),
      command_(std::move(command)) {}

Daemon::~Daemon() {
  static_cast<void>(stop());
}

util::Result<std::unique_ptr<Daemon>> Daemon::launch(const DaemonSetup& setup) {
  namespace fs = std::filesystem;
  CP_TRY(util::make_directories(setup.folder / "tmp"));
  CP_TRY(util::write_text(setup.folder / "buildkitd.toml", configuration(setup)));
  const auto runc = setup.folder / "run-runc";
  CP_TRY(util::write_text(runc, runc_script(setup)));
  std::error_code error;
  fs::permissions(runc, fs::perms::owner_all, error);
  if (error) return util::failure("cannot make " + runc.string() + " executable: " + error.message());

  auto what = command(setup, runc);
  CP_TRY_ASSIGN(auto process, process::Process::start(what, {.log = log_of(setup)}));
  return std::unique_ptr<Daemon>(new Daemon(std::move(process), setup, std::move(what)));
}

util::Status Daemon::wait_ready(std::chrono::milliseconds limit, std::stop_token stop) {
  const auto deadline = Clock::now() + limit;
  for (;;) {
    auto client = answers(socket_);
    if (client) {
      client_.emplace(std::move(*client));
      return {};
    }
    if (stop.stop_requested())
      return util::failure("interrupted while buildkitd started", {}, {}, util::Blame::interrupted);
    if (const auto death = died())
      return util::failure("buildkitd ended at its start: " + *death + "\n" + log_tail(),
                           process::to_line(command_),
                           "read the lines above; it needs root and the right to mount and to make namespaces (in a "
                           "container: --privileged), and `cacheproof doctor` checks the machine");
    if (Clock::now() >= deadline)
      return util::failure(
          fmt::format("buildkitd did not answer within {} ms: {}\n{}", limit.count(), client.error().what, log_tail()),
          process::to_line(command_),
          k_hang_remedy);
    process_.wait(k_tick, stop);
  }
}

bool Daemon::alive() {
  return !stopped_ && !process_.poll();
}

std::optional<std::string> Daemon::died() {
  if (stopped_) return {};
  auto exit = process_.poll();
  // A daemon that was killed refuses connections a moment before unshare has ended, too.
  if (!exit && is_deserted(socket_)) exit = process_.wait(500ms);
  if (!exit) return {};
  const std::string memory =
      oom_kills() == oom_kills_ ? "" : "; meanwhile the kernel killed processes for lack of memory";
  // unshare of util-linux 2.38 says this and exits with 1 when a signal killed its child, later ones die of the same.
  if (log_tail().find("unshare: sigprocmask unblock failed") != std::string::npos) return "killed by a signal" + memory;
  return process::to_text(*exit) + memory;
}

std::string Daemon::log_tail() const {
  return sandbox::log_tail(log_);
}

std::string Daemon::dump_goroutines() {
  std::error_code error;
  const auto before = std::filesystem::file_size(log_, error);
  if (error || !alive()) return {};
  signal_marked(mark_, SIGQUIT, process_.pid());
  process_.wait(k_dump_limit);
  const auto text = util::read_text(log_);
  const auto dump = text && text->size() > before ? text->substr(before) : std::string();
  return dump.find("\ngoroutine ") == std::string::npos ? std::string() : dump;
}

util::Status Daemon::restart() {
  client_.reset();
  signal_marked(mark_, SIGTERM, process_.pid());
  if (!process_.wait(k_restart_limit))
    return util::failure(fmt::format("buildkitd did not end within {} s of a SIGTERM\n{}",
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
  // buildkitd first, so that unshare reaps it: the init of a container often reaps nothing. It is the init of its pid
  // namespace, and its end is over when everything in there is.
  if (!process_.poll()) {
    static_cast<void>(end_marked(mark_, process_.pid()));
    process_.stop(SIGKILL);
  }
  return end_marked(mark_);
}

} // namespace cacheproof::sandbox
