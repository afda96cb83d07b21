#include "engine/case_world.hpp"

#include "buildkit/progress.hpp"
#include "engine/builders.hpp"
#include "engine/contained.hpp"
#include "engine/drivers.hpp"
#include "engine/images.hpp"
#include "engine/request.hpp"
#include "sandbox/leftovers.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace cacheproof::engine {
namespace {

/// `-2` for the second of several builds: their names may differ in little that a file system or buildx would see.
std::string number_in(const Case& planned, int round, const std::string& entry) {
  const auto& all = planned.scenario->rounds.at(static_cast<std::size_t>(round) - 1).parallel;
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& build) { return build.entry == entry; });
  return found == all.end() ? std::string() : fmt::format("-{}", found - all.begin() + 1);
}

} // namespace

CaseWorld::CaseWorld(
    const Case& planned, const Rigs& rigs, const PlayOptions& options, std::stop_token stop, Watch watch)
    : planned_(planned),
      rigs_(rigs),
      options_(options),
      stop_(std::move(stop)),
      watch_(std::move(watch)) {}

util::Result<evidence::CleanState> CaseWorld::open() {
  const auto& scenario = *planned_.scenario;
  CP_TRY_ASSIGN(round_rig_, rig_of(scenario.rounds.front()));
  CP_TRY_ASSIGN(const auto images, base_images(scenario));
  CP_TRY(check_mirrors(images));
  if (const auto pulled = upstream_images(scenario, planned_.cell); !pulled.empty()) {
    CP_TRY_ASSIGN(upstream_, sandbox::Upstream::start(*round_rig_->mirrors, pulled, stop_));
  }
  sandbox::Options options{.programs = round_rig_->programs,
                           .engine = round_rig_->engine,
                           .wipe = builder::is_wiped(planned_.driver),
                           .registry = round_rig_->registry,
                           .contained_registries = round_rig_->contained_registries,
                           .registries = scenario.registries,
                           .root = options_.root,
                           .keep = options_.keep,
                           .mirrored_hosts = mirrored_hosts(images),
                           .upstream = upstream_ ? upstream_->address() : "",
                           .upstream_hosts = upstream_ ? upstream_->hosts() : std::vector<std::string>(),
                           .stop = stop_};
  options.daemon_extras = [this](const auto& registries, const auto& folder) {
    return daemon_extras(variables_of(registries, folder));
  };
  options.on_unready = [this](sandbox::Daemon& daemon) {
    if (hangs(stop_)) watch_.unready(daemon);
  };
  CP_TRY(start_file_server()); // a daemon's texts may name it
  CP_TRY_ASSIGN(sandbox_, sandbox::Sandbox::open(std::move(options)));
  // In an engine that others use, no other case may be taken for this one.
  CP_TRY(builder::make_buildx_home(sandbox_->folder() / "buildx", sandbox_->folder().filename().string()));
  CP_TRY(write_source_policy(images));
  CP_TRY_ASSIGN(auto context, workspace::Context::materialise(scenario.context, sandbox_->folder() / "context"));
  context_.emplace(std::move(context));
  std::vector<std::string> places;
  for (const auto& registry : sandbox_->registries()) places.push_back(registry.place());
  variables_ = variables_of(places, sandbox_->folder());
  platforms_ = base_platforms(scenario, planned_.cell);
  CP_TRY(push_images());
  CP_TRY(start_round(scenario.rounds.front()));
  const auto& proof = sandbox_->clean_proof();
  const bool proven = !builder::is_in_users_engine(planned_.driver) || builder::is_wiped(planned_.driver);
  return evidence::CleanState{proof.disk_usage_records, proof.catalogue, proof.environment, proven};
}

util::Status CaseWorld::close() {
  return sandbox_ ? sandbox_->close() : util::Status();
}

util::Result<const Rig*> CaseWorld::rig_of(const scenario::Round& round) const {
  const auto name = engine::rig_of(planned_, round);
  if (const auto found = rigs_.find(name); found != rigs_.end()) return &found->second;
  return util::failure("there is no BuildKit " + name + " to play with");
}

builder::Client CaseWorld::client(const Seat& seat) const {
  const auto driver = planned_.driver.driver;
  return {driver, driver == builder::Driver::buildctl ? seat.rig->programs.buildctl : buildx(seat)};
}

builder::BuildxBuilder CaseWorld::buildx_builder(int round, const std::string& entry) const {
  return {folder() / "buildx",
          fmt::format("round-{}{}", round, number_in(planned_, round, entry)),
          builder::place_of(planned_.driver.driver)};
}

std::filesystem::path CaseWorld::build_folder(int round, const std::string& entry) const {
  return folder() / ("build" + number_in(planned_, round, entry));
}

std::filesystem::path CaseWorld::buildx(const Seat& seat) const {
  const auto found = seat.rig->buildx.find(buildx_of(planned_.driver));
  return found == seat.rig->buildx.end() ? std::filesystem::path() : found->second;
}

util::Status CaseWorld::start_round(const scenario::Round& round) {
  seats_.clear();
  const auto take = [&](const scenario::Round& build) -> util::Status {
    const auto name = builder_of(*planned_.scenario, build);
    if (seats_.contains(name)) return {};
    CP_TRY_ASSIGN(auto seat, take_seat(build));
    seats_.emplace(name, std::move(seat));
    return {};
  };
  const auto builds = scenario::builds_of(round);
  for (const auto& build : builds) CP_TRY(take(build));
  if (!round.actions.empty()) CP_TRY(take(round));
  const auto own = seats_.find(builder_of(*planned_.scenario, round));
  const auto& seat = own != seats_.end() ? own->second : seats_.begin()->second;
  daemon_ = seat.daemon;
  round_rig_ = seat.rig;
  return {};
}

util::Result<Seat> CaseWorld::take_seat(const scenario::Round& build) {
  const auto& scenario = *planned_.scenario;
  CP_TRY_ASSIGN(const auto* rig, rig_of(build));
  auto daemon = scenario.builders.kind == scenario::Builders::Kind::fresh
                    ? sandbox_->fresh_daemon()
                    : sandbox_->kept_daemon(builder_of(scenario, build), rig->programs.daemon);
  if (!daemon && scenario.daemon)
    return tl::unexpected(util::within(fmt::format("with the settings of {}:{} under `daemon`",
                                                   scenario.daemon->spot.file,
                                                   scenario.daemon->spot.line),
                                       std::move(daemon).error()));
  CP_TRY_ASSIGN(auto* ready, std::move(daemon));
  CP_TRY(contain(*ready, *rig));
  return Seat{ready, rig, log_ends_[ready->log()], {}, false, false};
}

util::Status CaseWorld::contain(sandbox::Daemon& daemon, const Rig& rig) {
  if (!rig.contained.valid() || daemon.entered()) return {};
  // In the user's engine are others, and whether a control group of ours would do there, nobody knows.
  const auto name = util::lower(folder().filename().string() + "-" + daemon.socket().parent_path().filename().string());
  const builder::BuildxContainer made{name,
                                      sandbox_->registry().place() + "/" + contained_image(rig),
                                      daemon.contained_config(),
                                      rig.engine ? std::string() : sandbox::cgroup_of(folder())};
  if (rig.engine) {
    CP_TRY(sandbox::note_made(folder(), *rig.engine, sandbox::Made::image, made.image));
    CP_TRY(sandbox::note_made(folder(), *rig.engine, sandbox::Made::volume, builder::volume_of(name)));
    CP_TRY(sandbox::note_made(folder(), *rig.engine, sandbox::Made::container, builder::container_of(name)));
  }
  auto done = builder::make_buildx_container(
      rig.buildx.at(buildx_of(planned_.driver)), made, daemon.address(), client_environment(), {.stop = stop_});
  if (done && rig.engine) done = sandbox::let_end(*rig.engine, builder::container_of(name));
  if (done) done = daemon.enter_container(builder::container_of(name), stop_);
  if (done) done = sandbox::prove_empty(daemon);
  if (!done && done.error().blame != util::Blame::interrupted)
    return tl::unexpected(util::within("a container of Docker " + planned_.driver.docker, std::move(done).error()));
  return done;
}

std::string CaseWorld::daemon_log(const Seat& seat) {
  const std::lock_guard lock(log_);
  const auto text = util::read_text(seat.daemon->log()).value_or("");
  log_ends_[seat.daemon->log()] = text.size();
  return text.substr(std::min(seat.log_begin, text.size()));
}

util::Status CaseWorld::prepare_next_round() {
  return planned_.scenario->builders.kind == scenario::Builders::Kind::fresh ? sandbox_->start_next_daemon()
                                                                             : util::Status();
}

void CaseWorld::retire_daemon() {
  if (planned_.scenario->builders.kind != scenario::Builders::Kind::fresh) return;
  for (auto& [builder, seat] : seats_) seat.daemon = nullptr;
  daemon_ = nullptr;
  sandbox_->retire_daemon();
}

sandbox::Daemon* CaseWorld::hung_daemon(const std::string& builder) {
  const auto seat = seats_.find(builder);
  if (seat == seats_.end() || !seat->second.daemon || seat->second.looked_at) return nullptr;
  auto& daemon = *seat->second.daemon;
  if (!daemon.alive() || !daemon.ready()) return nullptr;
  if (!watch_.late() && !seat->second.silent && daemon.client().ready(std::chrono::seconds(1))) return nullptr;
  seat->second.looked_at = true;
  return &daemon;
}

util::Status CaseWorld::restart_daemon(const std::stop_token& stop) {
  auto done = daemon_->restart();
  if (done) done = daemon_->wait_ready(sandbox::start_limit(daemon_->kind()), stop);
  if (!done && hangs(stop)) watch_.unready(*daemon_);
  return done;
}

util::Result<buildkit::RawBuild> CaseWorld::told(sandbox::Daemon& daemon, const builder::BuildRun& run) const {
  if (has_no_history()) return buildkit::from_progress(run.log, run.ref, run.exit.ok());
  return daemon.client().fetch(run.ref, k_record_limit);
}

util::Result<buildkit::RawBuild> CaseWorld::told(Seat& seat, const builder::BuildRun& run) const {
  auto raw = told(*seat.daemon, run);
  if (!raw) seat.silent = true;
  return raw;
}

const std::optional<std::string>& CaseWorld::death_before_looks(Seat& seat) {
  if (!std::exchange(seat.looked_at, true)) seat.death = seat.daemon->died();
  return seat.death;
}

std::optional<util::Error> CaseWorld::upstream_failure() const {
  return upstream_ ? upstream_->failure() : std::nullopt;
}

std::vector<evidence::PinnedImage> CaseWorld::pins() const {
  std::vector<evidence::PinnedImage> all;
  if (upstream_)
    for (auto& [name, digest] : upstream_->pins()) all.push_back({name, digest});
  return all;
}

std::map<std::string, std::string> CaseWorld::client_environment() const {
  auto environment = sandbox_->client_environment();
  if (builder::is_in_users_engine(planned_.driver))
    environment["EXPERIMENTAL_BUILDKIT_SOURCE_POLICY"] = source_policy().string(); // of buildx
  return environment;
}

sandbox::Registry* CaseWorld::named_registry(const std::string& ref) const {
  for (auto& registry : sandbox_->registries())
    if (ref.starts_with(registry.place() + "/")) return &registry;
  return nullptr;
}

sandbox::Registry& CaseWorld::registry_of(const std::string& ref) {
  auto* named = named_registry(ref);
  return named ? *named : sandbox_->registry();
}

std::string CaseWorld::registry_logs() const {
  std::string logs;
  if (!sandbox_) return logs;
  for (const auto& registry : sandbox_->registries()) logs += util::read_text(registry.log()).value_or("");
  return logs;
}

std::string CaseWorld::full_ref(const scenario::Text& written) const {
  const auto ref = scenario::expand(written.value, variables_);
  return named_registry(ref) ? ref : sandbox_->registry().place() + "/" + ref;
}

std::filesystem::path CaseWorld::local_folder(const scenario::Text& written) const {
  const auto folder = std::filesystem::path(scenario::expand(written.value, variables_)).lexically_normal();
  const auto below = folder.lexically_relative(variables_.at("local"));
  return below.empty() || *below.begin() == ".." ? std::filesystem::path() : folder;
}

util::Status CaseWorld::renew_daemon(const scenario::Round& round) {
  CP_TRY(sandbox_->drop_daemon(builder_of(*planned_.scenario, round)));
  return start_round(round);
}

util::Status CaseWorld::start_file_server() {
  if (planned_.scenario->http.empty()) return {};
  std::map<std::string, sandbox::File> files;
  for (const auto& file : planned_.scenario->http)
    files[file.path] = {file.text.value_or(""), file.etag, file.last_modified};
  CP_TRY_ASSIGN(auto server, sandbox::FileServer::start(std::move(files)));
  file_server_.emplace(std::move(server));
  return {};
}

std::vector<std::string> CaseWorld::take_requests() {
  return file_server_ ? file_server_->take_requests() : std::vector<std::string>();
}

std::map<std::string, std::string> CaseWorld::variables_of(const std::vector<std::string>& registries,
                                                           const std::filesystem::path& folder) const {
  return engine::variables(
      planned_.cell, registries, folder / "context", folder / "local", file_server_ ? file_server_->address() : "");
}

sandbox::DaemonExtras CaseWorld::daemon_extras(const std::map<std::string, std::string>& variables) const {
  sandbox::DaemonExtras extras;
  const auto& written = planned_.scenario->daemon;
  if (!written) return extras;
  extras.config = scenario::expand(written->config, variables);
  for (const auto& [name, value] : written->env) extras.environment[name] = scenario::expand(value.value, variables);
  for (const auto& flag : written->flags) extras.flags.push_back(scenario::expand(flag.value, variables));
  return extras;
}

} // namespace cacheproof::engine
