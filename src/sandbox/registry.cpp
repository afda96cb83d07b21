#include "sandbox/registry.hpp"

#include "http/client.hpp"
#include "process/caller.hpp"
#include "sandbox/containers.hpp"
#include "sandbox/docker.hpp"
#include "sandbox/log_tail.hpp"
#include "sandbox/loopback.hpp"
#include "util/files.hpp"

#include <fmt/format.h>

#include <chrono>
#include <random>
#include <utility>

namespace cacheproof::sandbox {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto k_ready_limit = 10s;
constexpr auto k_dump_limit = 3s; // Go writes its stacks in some milliseconds
constexpr int k_port_inside = 5000;
constexpr auto k_tick = 10ms; // between two questions whether it answers; its end and a stop are noticed at once

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

std::string address_of(const Port& port) {
  return "127.0.0.1:" + std::to_string(port.number());
}

} // namespace

Registry::Registry(
    process::Process process, Port port, std::string identity, std::filesystem::path log, std::string command_line)
    : process_(std::move(process)),
      port_(std::move(port)),
      address_(address_of(*port_)),
      identity_(std::move(identity)),
      log_(std::move(log)),
      command_line_(std::move(command_line)) {}

util::Result<Registry> Registry::launch(const std::filesystem::path& program,
                                        const std::filesystem::path& folder,
                                        const std::map<std::string, std::string>& environment,
                                        const std::string& name) {
  const auto log = folder / (name + ".log");
  const auto identity = folder.filename().string();
  CP_TRY_ASSIGN(auto port, Port::reserve());
  CP_TRY(util::write_text(folder / (name + ".yml"), configuration(folder / name, address_of(port), identity)));
  const process::Command command{{program.string(), "serve", (folder / (name + ".yml")).string()}, environment, folder};
  CP_TRY_ASSIGN(auto process, process::Process::start(command, {.log = log}));
  return Registry(std::move(process), std::move(port), identity, log, process::to_line(command));
}

util::Result<Registry> Registry::launch_container(const std::string& image) {
  CP_TRY_ASSIGN(auto folder, Folder::create());
  const auto& path = folder.path();
  const auto log = path / "registry.log";
  const auto identity = path.filename().string();
  CP_TRY_ASSIGN(auto port, Port::reserve());
  std::vector<std::string> words{"create",
                                 "--rm",
                                 "--name",
                                 identity,
                                 "--label",
                                 fmt::format("{}={}", k_label, path.string()),
                                 "--publish",
                                 fmt::format("127.0.0.1:{}:{}", port.number(), k_port_inside),
                                 "--tmpfs",
                                 "/var/lib/registry"};
  for (const auto& [variable, value] : std::map<std::string, std::string>{
           {"OTEL_TRACES_EXPORTER", "none"}, // v3 looks for a collector otherwise
           {"REGISTRY_HTTP_ADDR", fmt::format(":{}", k_port_inside)},
           {"REGISTRY_HTTP_HEADERS", fmt::format("{{{}: [{}]}}", k_identity_header, identity)},
           {"REGISTRY_HTTP_SECRET", identity},
           {"REGISTRY_LOG_ACCESSLOG_DISABLED", "true"},
           {"REGISTRY_LOG_LEVEL", "warn"},
           {"REGISTRY_STORAGE_DELETE_ENABLED", "true"}}) {
    words.emplace_back("--env");
    words.push_back(variable + "=" + value);
  }
  words.push_back(image);
  // It is waited for, so that who ends it finds it: what is asked of an engine goes on when its client has ended.
  auto made = docker(std::move(words), 30s);
  if (!made) {
    static_cast<void>(remove_files(path));
    return tl::unexpected(std::move(made).error());
  }
  process::Command command{{"docker", "start", "--attach", identity}, {}, path};
  const auto shown = process::to_line(command); // what is inherited is the caller's own
  command.environment = process::inherited_environment();
  (*command.environment)[std::string(k_mark)] = path.string();
  CP_TRY_ASSIGN(auto process, process::Process::start(command, {.log = log}));
  Registry registry(std::move(process), std::move(port), identity, log, shown);
  registry.folder_ = std::move(folder);
  return registry;
}

Registry Registry::of_user(const std::string& address) {
  Registry registry;
  registry.address_ = address;
  std::random_device random;
  registry.prefix_ = fmt::format("cacheproof/{:08x}{:08x}/", random(), random());
  return registry;
}

std::string Registry::place() const {
  return prefix_.empty() ? address_ : address_ + "/" + prefix_.substr(0, prefix_.size() - 1);
}

util::Status Registry::ask(std::stop_token stop) const {
  if (process_) return answers(address_, identity_, std::move(stop));
  CP_TRY_ASSIGN(const auto answer,
                http::send({.url = "http://" + address_ + "/v2/", .connect_timeout = 5s, .answer_timeout = 10s},
                           std::move(stop)));
  if (answer.status == 200) return {};
  return util::failure(fmt::format("the registry at {} answers with status {}", address_, answer.status),
                       "GET http://" + address_ + "/v2/",
                       "--registry must name a registry that answers there with 200, without a login");
}

util::Status Registry::wait_ready(std::stop_token stop) {
  if (!process_) return ask(std::move(stop));
  const auto deadline = Clock::now() + k_ready_limit;
  for (;;) {
    const auto answer = ask(stop);
    if (answer) return {};
    if (stop.stop_requested())
      return util::failure("interrupted while the registry started", {}, {}, util::Blame::interrupted);
    if (const auto exit = process_->wait(k_tick, stop))
      return util::failure("the registry ended at its start with " + process::to_text(*exit) + ":\n" + log_tail(log_),
                           command_line_,
                           "read the lines above; run it again if another program has taken the port");
    if (Clock::now() >= deadline) {
      process_->stop(SIGQUIT, k_dump_limit); // so that its log has the stacks of its goroutines
      return util::failure(fmt::format("the registry did not answer within {} s: {}",
                                       std::chrono::seconds(k_ready_limit).count(),
                                       answer.error().what),
                           command_line_,
                           "look for where it hung into registry.log of its evidence; on a machine that is merely "
                           "slow, run it again");
    }
  }
}

util::Status Registry::check() {
  auto answer = ask({});
  if (answer || !process_) return answer;
  // A process that is ending refuses connections a moment before it has ended.
  const auto exit = process_->wait(500ms);
  if (!exit)
    return util::failure("the registry runs but does not answer: " + answer.error().what,
                         "http://" + address_ + "/v2/",
                         "on a machine that is merely slow, run it again; else read registry.log of its evidence");
  // Whoever kills it leaves no word in its log.
  const auto words = exit->signal ? std::string() : ":\n" + log_tail(log_);
  return util::failure("the registry ended: " + process::to_text(*exit) + words,
                       {},
                       "find out what ended it (out of memory? `dmesg` would say so), and run it again");
}

util::Status Registry::stop() {
  if (!folder_) {
    if (process_) process_->stop(SIGKILL); // what it keeps is thrown away
    return {};
  }
  const auto folder = std::exchange(folder_, std::nullopt);
  process_->stop(SIGKILL);             // it asks for nothing any more
  CP_TRY(remove_container(identity_)); // its folder stays, so that the next start tries again
  return remove_files(folder->path());
}

} // namespace cacheproof::sandbox
