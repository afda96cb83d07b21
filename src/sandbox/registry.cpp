#include "sandbox/registry.hpp"

#include "sandbox/log_tail.hpp"
#include "sandbox/loopback.hpp"
#include "util/files.hpp"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>

namespace cacheproof::sandbox {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto k_ready_limit = 10s;
constexpr auto k_tick = 10ms; // between two questions whether it answers; its end and a stop are noticed at once
constexpr int k_attempts = 10;

std::string
configuration(const std::filesystem::path& storage, const std::string& address, const std::string& identity) {
  return fmt::format("version: 0.1\n"
                     "log: {{level: warn, accesslog: {{disabled: true}}}}\n"
                     "storage:\n"
                     "  filesystem: {{rootdirectory: '{}'}}\n"
                     "  delete: {{enabled: true}}\n"
                     "  maintenance: {{uploadpurging: {{enabled: false}}}}\n"
                     "http:\n"
                     "  addr: '{}'\n"
                     "  secret: '{}'\n"
                     "  headers: {{{}: ['{}']}}\n",
                     storage.string(),
                     address,
                     identity,
                     k_identity_header,
                     identity);
}

} // namespace

Registry::Registry(process::Process process, std::string address, std::string identity, std::filesystem::path log)
    : process_(std::move(process)),
      address_(std::move(address)),
      identity_(std::move(identity)),
      log_(std::move(log)) {}

util::Result<Registry> Registry::start(const std::filesystem::path& program,
                                       const std::filesystem::path& folder,
                                       const std::map<std::string, std::string>& environment,
                                       std::stop_token stop) {
  const auto log = folder / "registry.log";
  const auto identity = folder.filename().string();
  util::Error problem;
  // The registry cannot choose a port itself and say which (docker-registry 2.8), so one is found for it.
  for (int attempt = 0; attempt < k_attempts; ++attempt) {
    CP_TRY_ASSIGN(const auto port, free_port());
    const std::string address = "127.0.0.1:" + std::to_string(port);
    CP_TRY(util::write_text(folder / "registry.yml", configuration(folder / "registry", address, identity)));
    const process::Command command{
        {program.string(), "serve", (folder / "registry.yml").string()}, environment, folder};
    CP_TRY_ASSIGN(auto process, process::Process::start(command, {.log = log}));
    Registry registry(std::move(process), address, identity, log);

    problem = {util::Blame::rig,
               "the registry did not answer in time",
               process::to_line(command),
               "read its log: " + log.string()};
    const auto deadline = Clock::now() + k_ready_limit;
    while (Clock::now() < deadline) {
      if (answers(address, identity, stop)) return registry;
      if (stop.stop_requested())
        return util::failure("interrupted while the registry started", {}, {}, util::Blame::interrupted);
      if (const auto exit = registry.process_.wait(k_tick, stop)) {
        problem.what = "the registry ended at its start with " + process::to_text(*exit) + ":\n" + log_tail(log);
        break;
      }
    }
    if (log_tail(log).find("address already in use") == std::string::npos) break;
  }
  return tl::unexpected(problem);
}

util::Status Registry::check() {
  auto answer = answers(address_, identity_, {});
  if (answer) return answer;
  // A process that is ending refuses connections a moment before it has ended.
  if (const auto exit = process_.wait(500ms))
    return util::failure("the registry ended with " + process::to_text(*exit) + ":\n" + log_tail(log_));
  return answer;
}

void Registry::stop() {
  process_.stop(SIGTERM, 2s);
}

} // namespace cacheproof::sandbox
