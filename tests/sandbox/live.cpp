#include "sandbox/live.hpp"

#include "sandbox/leftovers.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <system_error>
#include <thread>

namespace cacheproof::sandbox::test {
namespace {

namespace fs = std::filesystem;

fs::path store() {
  if (const char* given = std::getenv("CACHEPROOF_STORE")) return given;
  if (const char* cache = std::getenv("XDG_CACHE_HOME")) return fs::path(cache) / "cacheproof";
  const char* home = std::getenv("HOME");
  return fs::path(home ? home : "/") / ".cache/cacheproof";
}

} // namespace

std::vector<Toolchain> toolchains(std::string& reason) {
  const std::string path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  const auto runc = process::find_program("runc", path);
  const auto registry = process::find_program("docker-registry", path);
  std::vector<Toolchain> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(store() / "buildkit", error)) {
    const auto bin = entry.path() / "bin";
    if (fs::exists(bin / "buildkitd", error) && fs::exists(bin / "buildctl", error))
      found.push_back({entry.path().filename(),
                       {.daemon = bin / "buildkitd",
                        .buildctl = bin / "buildctl",
                        .runc = runc.value_or(""),
                        .registry = registry.value_or("")}});
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.version < b.version; });
  if (found.empty()) reason = "no BuildKit in " + store().string();
  if (!runc || !registry) reason = "no runc or no docker-registry on this machine";
  if (geteuid() != 0) reason = "needs root";
  return reason.empty() ? found : std::vector<Toolchain>{};
}

std::vector<Toolchain> engines(std::string& reason) {
  std::vector<Toolchain> found;
  const auto others = toolchains(reason);
  if (others.empty()) return found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(store() / "docker", error))
    if (fs::exists(entry.path() / "bin/dockerd", error)) {
      auto programs = others.front().programs;
      programs.kind = DaemonKind::dockerd;
      programs.daemon = entry.path() / "bin/dockerd";
      found.push_back({entry.path().filename(), programs});
    }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.version < b.version; });
  if (found.empty()) reason = "no Docker engine in " + store().string();
  return found;
}

int process_of(const Sandbox& sandbox, const std::string& program) {
  for (const int pid : leftovers(sandbox.folder()).processes)
    if (util::read_text("/proc/" + std::to_string(pid) + "/comm") == program.substr(0, 15) + "\n") return pid;
  return -1;
}

bool kill_process(const Sandbox& sandbox, const std::string& program) {
  const auto pid = process_of(sandbox, program);
  return pid > 0 && kill(pid, SIGKILL) == 0;
}

int buildkitd_of(const Sandbox& sandbox) {
  return process_of(sandbox, "buildkitd");
}

util::Result<process::Process> start_helper(const std::string& filter, std::map<std::string, std::string> variables) {
  for (const auto* name : {"CACHEPROOF_STORE", "XDG_CACHE_HOME", "HOME", "PATH"})
    if (const char* value = std::getenv(name)) variables[name] = value;
  return process::Process::start(
      {{"/proc/self/exe", "--gtest_also_run_disabled_tests", "--gtest_filter=" + filter}, std::move(variables), {}});
}

process::Finished build(Sandbox& sandbox,
                        Daemon& daemon,
                        const Programs& programs,
                        const std::string& dockerfile,
                        const std::string& output) {
  const auto context = sandbox.folder() / "test-context";
  EXPECT_TRUE(util::make_directories(context));
  fs::copy_file("/bin/busybox", context / "sh", fs::copy_options::overwrite_existing);
  EXPECT_TRUE(util::write_text(context / "Dockerfile", dockerfile));
  process::Command command{.environment = sandbox.client_environment()};
  command.argv = {programs.buildctl.string(),
                  "--addr",
                  daemon.address(),
                  "build",
                  "--progress=plain",
                  "--frontend",
                  "dockerfile.v0",
                  "--local",
                  "context=" + context.string(),
                  "--local",
                  "dockerfile=" + context.string()};
  if (!output.empty()) command.argv.insert(command.argv.end(), {"--output", output});
  auto finished = process::run(command);
  EXPECT_TRUE(finished) << util::to_text(finished.error());
  return finished.value_or(process::Finished{});
}

std::string run_of(const std::string& script) {
  return "FROM scratch\nCOPY sh /bin/sh\nCOPY sh /bin/sleep\nRUN " + script + "\n";
}

bool eventually(const std::function<bool()>& holds) {
  using Clock = std::chrono::steady_clock;
  for (const auto end = Clock::now() + std::chrono::seconds(30); Clock::now() < end;) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) names.push_back(entry.path().filename());
  return names;
}

} // namespace cacheproof::sandbox::test
