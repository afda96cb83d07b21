#include "cli/rootless.hpp"

#include "process/process.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>

namespace cacheproof::cli {
namespace {

std::string user_name() {
  const auto* user = getpwuid(getuid());
  return user ? user->pw_name : std::to_string(getuid());
}

/// subuid(5): lines of NAME-OR-UID:FIRST:COUNT.
bool has_ids(const char* file) {
  const auto text = util::read_text(file);
  const auto lines = util::lines(text.value_or(""));
  return std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
    const auto owner = line.substr(0, line.find(':'));
    return owner == user_name() || owner == std::to_string(getuid());
  });
}

/// A kernel setting that forbids user namespaces when it is 0; a kernel without it allows them.
bool is_zero(const char* setting) {
  const auto text = util::read_text(setting);
  return text && util::trim(*text) == "0";
}

} // namespace

std::vector<Lack> lacks_for_rootless() {
  std::vector<Lack> lacks;
  if (!process::find_program("rootlesskit"))
    lacks.push_back({"rootlesskit is not installed", "apt-get install rootlesskit"});
  if (!process::find_program("newuidmap") || !process::find_program("newgidmap"))
    lacks.push_back({"newuidmap and newgidmap are not installed", "apt-get install uidmap"});
  if (!has_ids("/etc/subuid") || !has_ids("/etc/subgid"))
    lacks.push_back({user_name() + " has no ids in /etc/subuid and /etc/subgid",
                     "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 " + user_name()});
  if (is_zero("/proc/sys/user/max_user_namespaces"))
    lacks.push_back({"this machine allows no user namespaces", "sysctl user.max_user_namespaces=10000"});
  if (is_zero("/proc/sys/kernel/unprivileged_userns_clone"))
    lacks.push_back({"this machine allows user namespaces to root only", "sysctl kernel.unprivileged_userns_clone=1"});
  return lacks;
}

util::Result<std::optional<int>> run_inside(std::stop_token stop) {
  if (geteuid() == 0) return std::nullopt;
  const std::string what = "playing scenarios needs root: buildkitd mounts file systems and starts containers";
  std::string reasons;
  std::string remedies;
  for (const auto& [lack, remedy] : lacks_for_rootless()) {
    reasons += (reasons.empty() ? "to be root in a user namespace, where that would do: " : "; ") + lack;
    remedies += "; " + remedy;
  }
  const std::string sudo = "run it with sudo, or through the wrapper ./cacheproof, which asks sudo for you";
  if (!reasons.empty())
    return util::failure(what, reasons, sudo + "; or, to play without it, as root: " + remedies.substr(2));

  CP_TRY_ASSIGN(const auto state, util::TempDir::create());
  const auto rootlesskit = [&](const std::string& name, std::vector<std::string> words) {
    words.insert(words.begin(), {"rootlesskit", "--net=host", "--state-dir=" + (state.path() / name).string()});
    return process::Command{std::move(words), {}, {}};
  };
  // What it ends with where it makes no namespace is what a run with a false claim ends with.
  CP_TRY_ASSIGN(const auto tried, process::run(rootlesskit("try", {"true"}), {.stop = stop}));
  if (!tried.exit.ok() && !stop.stop_requested())
    return util::failure(
        what,
        fmt::format("to be root in a user namespace, which rootlesskit does not get here: {}", util::trim(tried.err)),
        sudo
            + "; in a container: start it with --security-opt seccomp=unconfined --security-opt apparmor=unconfined "
              "--security-opt systempaths=unconfined, or with --user 0 --privileged");

  CP_TRY_ASSIGN(const auto text, util::read_text("/proc/self/cmdline"));
  auto words = util::split(text, '\0');
  words.pop_back(); // each word ends in a zero
  words.at(0) = std::filesystem::read_symlink("/proc/self/exe").string();
  CP_TRY_ASSIGN(auto inside, process::Process::start(rootlesskit("play", words), {.log = {}, .inherited = true}));
  // In a process group of its own, it hears nothing of the terminal, and of a signal only here: rootlesskit passes on
  // what comes, and a second one would mean "at once".
  const std::stop_callback pass_on(stop, [&] { kill(inside.pid(), SIGTERM); });
  for (;;)
    if (const auto exit = inside.wait(std::chrono::hours(1))) return exit->code.value_or(2);
}

} // namespace cacheproof::cli
