#include "sandbox/daemon.hpp"

#include "buildkit/client.hpp"
#include "sandbox/leftovers.hpp"
#include "sandbox/log_tail.hpp"
#include "util/files.hpp"

#include <fmt/format.h>

#include <signal.h>

#include <system_error>
#include <utility>

namespace cacheproof::sandbox {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto k_tick = 10ms; // between two questions whether it answers; its end and a stop are noticed at once
/// v0.34.2 lets running builds end before it does: nobody waits for their results any more.
constexpr auto k_grace = 3s;
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

std::string configuration(const DaemonSetup& setup) {
  // No garbage collection: what it removes would look like a miss. The socket for traces is /run/buildkit's otherwise,
  // where daemons of several sandboxes would meet (v0.11.6 does not know the key, and needs none).
  std::string text = fmt::format("[worker.containerd]\nenabled = false\n\n"
                                 "[worker.oci]\ngc = false\ndefaultCgroupParent = {}\n\n"
                                 "[otel]\nsocketPath = {}\n",
                                 toml_text(setup.cgroup),
                                 toml_text((setup.folder / "otel.sock").string()));
  // `http` alone: with `insecure`, HTTPS is tried first from v0.12 on (buildkit-facts).
  text += fmt::format("\n[registry.{}]\nhttp = true\n", toml_text(setup.registry));
  for (const auto& host : setup.mirrored_hosts)
    if (host != setup.registry)
      text += fmt::format("\n[registry.{}]\nmirrors = [{}]\n", toml_text(host), toml_text(setup.registry));
  return text;
}

/// runc keeps its state in /run/runc, where that of killed containers would stay for ever; buildkitd cannot tell it
/// another place.
std::string runc_script(const DaemonSetup& setup) {
  const process::Command runc{{setup.runc.string(), "--root", (setup.folder / "runc").string()}};
  return "#!/bin/sh\nexec " + process::to_line(runc) + " \"$@\"\n";
}

process::Command command(const DaemonSetup& setup, const std::filesystem::path& runc, const std::string& address) {
  process::Command result{.environment = setup.environment};
  (*result.environment)[k_daemon_mark] = setup.folder.string();
  (*result.environment)["TMPDIR"] = (setup.folder / "tmp").string();
  result.argv = {
      "unshare", "--fork", "--kill-child", "--pid", "--mount", "--mount-proc", "--propagation", "private", "--"};
  const std::vector<std::string> daemon{setup.buildkitd.string(),
                                        "--root",
                                        (setup.folder / "root").string(),
                                        "--addr",
                                        address,
                                        "--config",
                                        (setup.folder / "buildkitd.toml").string(),
                                        "--oci-worker-binary",
                                        runc.string(),
                                        "--oci-worker-net",
                                        "host"};
  result.argv.insert(result.argv.end(), daemon.begin(), daemon.end());
  return result;
}

util::Status answers(const std::filesystem::path& socket) {
  std::error_code error;
  if (!std::filesystem::exists(socket, error)) return util::failure("it has made no socket yet");
  CP_TRY_ASSIGN(auto client, buildkit::Client::connect(socket));
  return client.ready(1s);
}

} // namespace

Daemon::Daemon(process::Process process, const DaemonSetup& setup)
    : process_(std::move(process)),
      log_(setup.folder.string() + ".log"),
      socket_(setup.folder / "s.sock"),
      mark_(std::string(k_daemon_mark) + "=" + setup.folder.string()) {}

Daemon::~Daemon() {
  static_cast<void>(stop());
}

util::Result<std::unique_ptr<Daemon>>
Daemon::start(const DaemonSetup& setup, std::chrono::milliseconds limit, std::stop_token stop) {
  namespace fs = std::filesystem;
  CP_TRY(util::make_directories(setup.folder / "tmp"));
  CP_TRY(util::write_text(setup.folder / "buildkitd.toml", configuration(setup)));
  const auto runc = setup.folder / "run-runc";
  CP_TRY(util::write_text(runc, runc_script(setup)));
  std::error_code error;
  fs::permissions(runc, fs::perms::owner_all, error);
  if (error) return util::failure("cannot make " + runc.string() + " executable: " + error.message());

  const auto what = command(setup, runc, "unix://" + (setup.folder / "s.sock").string());
  CP_TRY_ASSIGN(auto process, process::Process::start(what, {.log = setup.folder.string() + ".log"}));
  std::unique_ptr<Daemon> daemon(new Daemon(std::move(process), setup));

  const auto deadline = Clock::now() + limit;
  auto answer = answers(daemon->socket());
  while (!answer) {
    if (stop.stop_requested())
      return util::failure("interrupted while buildkitd started", {}, {}, util::Blame::interrupted);
    if (const auto death = daemon->died())
      return util::failure("buildkitd ended at its start: " + *death + "\n" + daemon->log_tail(),
                           process::to_line(what),
                           "read the lines above; it needs root and the right to mount and to make namespaces (in a "
                           "container: --privileged), and `cacheproof doctor` checks the machine");
    if (Clock::now() >= deadline)
      return util::failure(
          fmt::format(
              "buildkitd did not answer within {} ms: {}\n{}", limit.count(), answer.error().what, daemon->log_tail()),
          process::to_line(what),
          "read the lines above; on a machine that is merely slow, run it again");
    daemon->process_.wait(k_tick, stop);
    answer = answers(daemon->socket());
  }
  return daemon;
}

bool Daemon::alive() {
  return !stopped_ && !process_.poll();
}

std::optional<std::string> Daemon::died() {
  if (stopped_) return {};
  const auto exit = process_.poll();
  if (!exit) return {};
  // unshare of util-linux 2.38 says this and exits with 1 when a signal killed its child, later ones die of the same.
  if (log_tail().find("unshare: sigprocmask unblock failed") != std::string::npos) return "killed by a signal";
  return process::to_text(*exit);
}

std::string Daemon::log_tail() const {
  return sandbox::log_tail(log_);
}

util::Status Daemon::stop() {
  if (std::exchange(stopped_, true)) return {};
  if (process_.poll()) return end_marked(mark_); // it died earlier, its number may be another's by now
  kill(-process_.pid(), SIGTERM);
  if (!process_.wait(k_grace)) {
    // buildkitd first, so that unshare reaps it: the init of a container often reaps nothing.
    static_cast<void>(end_marked(mark_, process_.pid()));
    process_.stop(SIGKILL);
  }
  return end_marked(mark_);
}

} // namespace cacheproof::sandbox
