#include "sandbox/sandbox.hpp"

#include "buildkit/client.hpp"
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

util::Status check(const Programs& programs) {
  const std::string toolchain =
      "`cacheproof toolchain list` shows the installed ones, `cacheproof toolchain install` installs one";
  CP_TRY(check_program(programs.buildkitd, "buildkitd", toolchain));
  CP_TRY(check_program(programs.buildctl, "buildctl", toolchain));
  CP_TRY(check_program(programs.runc, "runc", "apt-get install runc"));
  CP_TRY(check_program(programs.registry, "docker-registry", "apt-get install docker-registry"));
  return {};
}

} // namespace

Sandbox::Sandbox(Options options, Folder folder)
    : options_(std::move(options)),
      folder_(std::move(folder)) {}

Sandbox::~Sandbox() {
  static_cast<void>(close());
}

util::Result<std::unique_ptr<Sandbox>> Sandbox::open(Options options) {
  CP_TRY(check(options.programs));
  CP_TRY_ASSIGN(auto folder, Folder::create());
  std::unique_ptr<Sandbox> sandbox(new Sandbox(std::move(options), std::move(folder)));
  const auto& path = sandbox->folder();
  CP_TRY(util::make_directories(path / "home"));
  CP_TRY(util::make_directories(path / "docker"));
  CP_TRY_ASSIGN(
      auto registry,
      Registry::start(sandbox->options_.programs.registry,
                      path,
                      {{"HOME", (path / "home").string()}, {"PATH", k_path}, {std::string(k_mark), path.string()}},
                      sandbox->options_.stop));
  sandbox->registry_.emplace(std::move(registry));
  return sandbox;
}

std::map<std::string, std::string> Sandbox::daemon_environment() const {
  std::map<std::string, std::string> environment{
      {"HOME", (folder() / "home").string()}, {"PATH", k_path}, {std::string(k_mark), folder().string()}};
  pass_proxies(environment);
  return environment;
}

std::map<std::string, std::string> Sandbox::client_environment() const {
  return {{"DOCKER_CONFIG", (folder() / "docker").string()}, {"HOME", (folder() / "home").string()}, {"PATH", k_path}};
}

util::Status Sandbox::end_daemon() {
  if (!daemon_) return {};
  auto ended = daemon_->stop();
  daemon_.reset();
  return ended;
}

util::Result<Daemon*> Sandbox::fresh_daemon() {
  CP_TRY(end_daemon());
  if (!daemon_folder_.empty() && !options_.keep) CP_TRY(util::remove_tree(daemon_folder_));
  daemon_folder_ = folder() / fmt::format("d{}", ++daemons_);
  CP_TRY_ASSIGN(daemon_,
                Daemon::start({.buildkitd = options_.programs.buildkitd,
                               .runc = options_.programs.runc,
                               .folder = daemon_folder_,
                               .environment = daemon_environment(),
                               .registry = registry_->address(),
                               .mirrored_hosts = options_.mirrored_hosts,
                               .cgroup = cgroup_of(folder())},
                              std::chrono::seconds(10),
                              options_.stop));
  return daemon_.get();
}

util::Result<CleanProof> Sandbox::prove_clean(Daemon& daemon) {
  CleanProof proof;
  CP_TRY_ASSIGN(auto client, buildkit::Client::connect(daemon.socket()));
  CP_TRY_ASSIGN(proof.disk_usage_records, client.disk_usage_records(std::chrono::seconds(5)));
  CP_TRY_ASSIGN(proof.catalogue, oci::RegistryClient(registry_->address(), options_.stop).catalogue());
  for (const auto& [name, value] : client_environment()) proof.environment.push_back(name + "=" + value);
  if (proof.disk_usage_records > 0)
    return util::failure(fmt::format("the daemon is not clean: its cache has {} records before the first build",
                                     proof.disk_usage_records));
  if (!proof.catalogue.empty())
    return util::failure("the registry is not clean: it holds " + util::join(proof.catalogue, ", ")
                         + " before the first build");
  return proof;
}

util::Status Sandbox::close() {
  if (std::exchange(closed_, true)) return {};
  static_cast<void>(end_daemon()); // what it could not end, `clear` finds by its mark
  if (registry_) registry_->stop();
  CP_TRY(clear(folder()));
  return options_.keep ? folder_.keep() : remove_files(folder());
}

} // namespace cacheproof::sandbox
