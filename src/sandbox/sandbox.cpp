#include "sandbox/sandbox.hpp"

#include "oci/registry_client.hpp"
#include "process/process.hpp"
#include "sandbox/environment.hpp"
#include "sandbox/leftovers.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <utility>

namespace cacheproof::sandbox {
namespace {

util::Status check_program(const std::filesystem::path& path, const std::string& name, const std::string& remedy) {
  if (process::find_program(path.string(), k_path)) return {};
  const std::string where = path.empty() ? "it was not found" : path.string() + " is no program that can be run";
  return util::failure(name + " is missing: " + where, {}, remedy);
}

util::Status check(const Options& options) {
  const auto& programs = options.programs;
  const std::string toolchain =
      "`cacheproof toolchain list` shows the installed ones, `cacheproof toolchain install` installs one";
  const bool engine = programs.kind == DaemonKind::dockerd;
  if (!options.engine) {
    CP_TRY(check_program(programs.daemon, engine ? "dockerd" : "buildkitd", toolchain));
    if (!engine) CP_TRY(check_program(programs.buildctl, "buildctl", toolchain));
    CP_TRY(check_program(programs.runc, "runc", "apt-get install runc"));
  }
  if (options.registry.empty() && !options.contained_registries)
    CP_TRY(check_program(programs.registry, "docker-registry", "apt-get install docker-registry"));
  return {};
}

/// Ends a daemon for good; its log stays.
util::Status end(Daemon& daemon, bool keep) {
  CP_TRY(daemon.stop());
  return keep ? util::Status() : util::remove_tree(daemon.socket().parent_path());
}

} // namespace

util::Status prove_empty(Daemon& daemon) {
  constexpr std::chrono::seconds k_limit(5);
  CP_TRY_ASSIGN(const auto records, daemon.client().disk_usage_records(k_limit));
  CP_TRY_ASSIGN(const auto builds, daemon.client().remembered_builds(k_limit));
  if (records == 0 && builds == 0) return {};
  return util::failure(fmt::format("the daemon is not clean: before the first build its cache has {} records, and its "
                                   "history {} builds",
                                   records,
                                   builds),
                       {},
                       "run it again; if it repeats, report it with the daemon's log: " + daemon.log().string());
}

Sandbox::Sandbox(Options options, Folder folder)
    : options_(std::move(options)),
      folder_(std::move(folder)) {}

Sandbox::~Sandbox() {
  static_cast<void>(close());
}

util::Result<std::unique_ptr<Sandbox>> Sandbox::open(Options options) {
  CP_TRY(check(options));
  CP_TRY_ASSIGN(auto folder, Folder::create(options.root));
  std::unique_ptr<Sandbox> sandbox(new Sandbox(std::move(options), std::move(folder)));
  const auto& path = sandbox->folder();
  CP_TRY(util::make_directories(path / "home"));
  CP_TRY(util::make_directories(path / "docker"));
  CP_TRY(util::make_directories(path / "local"));
  for (std::size_t i = 0; i < sandbox->options_.registries; ++i) CP_TRY(sandbox->launch_registry());
  if (const auto& engine = sandbox->options_.engine) CP_TRY(note_made(path, *engine, Made::images, path.string()));
  CP_TRY(sandbox->start_next_daemon());
  return sandbox;
}

util::Status Sandbox::launch_registry() {
  if (!options_.registry.empty()) {
    registries_.push_back(Registry::of_user(options_.registry));
    return {};
  }
  if (options_.contained_registries) {
    CP_TRY_ASSIGN(auto contained, options_.contained_registries->take());
    registries_.push_back(std::move(contained));
    return {};
  }
  const auto number = registries_.size() + 1;
  const auto name = number == 1 ? std::string("registry") : fmt::format("registry{}", number);
  CP_TRY_ASSIGN(auto registry,
                Registry::launch(options_.programs.registry,
                                 folder(),
                                 {{"HOME", (folder() / "home").string()},
                                  {"OTEL_TRACES_EXPORTER", "none"}, // distribution v3 looks for a collector otherwise
                                  {"PATH", k_path},
                                  {std::string(k_mark), folder().string()}},
                                 name));
  registries_.push_back(std::move(registry));
  return {};
}

std::map<std::string, std::string> Sandbox::daemon_environment(std::map<std::string, std::string> environment) const {
  environment["HOME"] = (folder() / "home").string();
  environment["PATH"] = k_path;
  environment[std::string(k_mark)] = folder().string();
  pass_proxies(environment);
  return environment;
}

std::map<std::string, std::string> Sandbox::client_environment() const {
  return {{"DOCKER_CONFIG", (folder() / "docker").string()}, {"HOME", (folder() / "home").string()}, {"PATH", k_path}};
}

util::Status Sandbox::await_registry() {
  for (auto& registry : registries_) CP_TRY(await_registry(registry));
  return {};
}

util::Status Sandbox::await_registry(Registry& registry) {
  CP_TRY(registry.wait_ready(options_.stop));
  CP_TRY_ASSIGN(auto catalogue, oci::RegistryClient(registry.address(), options_.stop).catalogue());
  std::erase_if(catalogue, [&](const auto& name) { return !name.starts_with(registry.prefix()); });
  proof_.catalogue.insert(proof_.catalogue.end(), catalogue.begin(), catalogue.end());
  if (catalogue.empty()) return {};
  return util::failure("the registry is not clean: it holds " + util::join(catalogue, ", ") + " before the first build",
                       {},
                       "run it again; if it repeats, report it with the registry's log: " + registry.log().string());
}

std::map<std::string, std::vector<std::string>> Sandbox::mirrors() const {
  std::map<std::string, std::vector<std::string>> mirrors;
  for (const auto& host : options_.mirrored_hosts) mirrors[host].push_back(registries_.front().place());
  for (const auto& host : options_.upstream_hosts) mirrors[host].push_back(options_.upstream);
  return mirrors;
}

util::Result<std::unique_ptr<Daemon>> Sandbox::launch_daemon(const std::filesystem::path& program) {
  std::vector<std::string> registries;
  for (const auto& registry : registries_) registries.push_back(registry.place());
  auto extras = options_.daemon_extras ? options_.daemon_extras(registries, folder()) : DaemonExtras();
  const DaemonSetup setup{.kind = options_.programs.kind,
                          .images_in_containerd = options_.programs.images_in_containerd,
                          .program = program,
                          .runc = options_.programs.runc,
                          .folder = folder() / fmt::format("d{}", ++daemons_),
                          .environment = daemon_environment(std::move(extras.environment)),
                          .registries = std::move(registries),
                          .mirrors = mirrors(),
                          .cgroup = cgroup_of(folder()),
                          .config = std::move(extras.config),
                          .flags = std::move(extras.flags)};
  return options_.engine ? Daemon::attach(setup, options_.engine->socket) : Daemon::launch(setup);
}

util::Status Sandbox::start_next_daemon() {
  if (next_) return {};
  CP_TRY_ASSIGN(next_, launch_daemon(options_.programs.daemon));
  return {};
}

/// Ready and proven empty.
util::Status Sandbox::await(Daemon& daemon) {
  auto done = daemon.wait_ready(start_limit(daemon.kind()), options_.stop);
  if (done && options_.wipe) done = wipe_engine(*options_.engine, daemon, options_.stop);
  if (done && (options_.wipe || !options_.engine)) done = prove_empty(daemon); // else nobody says that it is empty
  if (!done) {
    if (options_.on_unready) options_.on_unready(daemon);
    return done;
  }
  if (proof_.environment.empty())
    for (const auto& [name, value] : client_environment()) proof_.environment.push_back(name + "=" + value);
  return {};
}

util::Result<Daemon*> Sandbox::fresh_daemon() {
  retire_daemon();
  CP_TRY(start_next_daemon());
  daemon_ = std::move(next_);
  CP_TRY(await(*daemon_));
  return daemon_.get();
}

util::Result<Daemon*> Sandbox::kept_daemon(const std::string& name, const std::filesystem::path& program) {
  if (const auto found = kept_.find(name); found != kept_.end()) return found->second.get();
  std::unique_ptr<Daemon> daemon;
  if (next_ && program == options_.programs.daemon) {
    daemon = std::move(next_);
  } else {
    CP_TRY_ASSIGN(daemon, launch_daemon(program));
  }
  CP_TRY(await(*daemon));
  return (kept_[name] = std::move(daemon)).get();
}

util::Status Sandbox::drop_daemon(const std::string& name) {
  const auto dropped = kept_.extract(name);
  if (!dropped) return {};
  return end(*dropped.mapped(), options_.keep);
}

void Sandbox::retire_daemon() {
  if (!daemon_) return;
  static_cast<void>(retired()); // the bound: two are never being retired at once. What failed, `close` meets again.
  retiring_ = std::async(std::launch::async,
                         [daemon = std::move(daemon_), keep = options_.keep] { return end(*daemon, keep); });
}

util::Status Sandbox::retired() {
  return retiring_.valid() ? retiring_.get() : util::Status();
}

util::Status Sandbox::close() {
  if (std::exchange(closed_, true)) return {};
  // What could not be ended, `clear` finds by its mark.
  for (auto* daemon : {daemon_.get(), next_.get()})
    if (daemon) static_cast<void>(daemon->stop());
  for (const auto& [name, daemon] : kept_) static_cast<void>(daemon->stop());
  util::Status contained;
  for (auto& registry : registries_)
    if (auto stopped = registry.stop(); !stopped) contained = std::move(stopped);
  static_cast<void>(retired());
  CP_TRY(clear(folder()));
  CP_TRY(remove_made(folder()));
  CP_TRY(std::move(contained));
  return options_.keep ? folder_.keep() : remove_files(folder());
}

} // namespace cacheproof::sandbox
