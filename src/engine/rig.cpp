#include "engine/rig.hpp"

#include "engine/contained.hpp"
#include "engine/drivers.hpp"
#include "engine/plan.hpp"
#include "process/process.hpp"
#include "sandbox/janitor.hpp"
#include "sandbox/mirror.hpp"
#include "sandbox/registry_image.hpp"
#include "toolchain/programs.hpp"
#include "toolchain/select.hpp"
#include "toolchain/store.hpp"
#include "toolchain/toolchain.hpp"
#include "util/bytes.hpp"
#include "util/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

namespace cacheproof::engine {
namespace {

void say(const std::string& line, const Supply& supply) {
  if (supply.install.say) supply.install.say(line);
}

/// Which source served a program.
void say_served(const std::string& line, Supply& supply) {
  if (supply.verbose && supply.served.insert(line).second) say(line, supply);
}

/// The user's own, else from the store, else installed; nobody removes it from there while the rig lives.
util::Result<toolchain::Kit> find(toolchain::Kind kind, const std::string& version, Rig& rig, Supply& supply) {
  const auto own = supply.own.find({kind, version});
  const auto look = [&]() -> util::Result<toolchain::Kit> {
    if (own != supply.own.end()) return own->second;
    if (version.starts_with(toolchain::k_path))
      return toolchain::from_path(kind, version.substr(toolchain::k_path.size()));
    return supply.offline ? toolchain::find(kind, version) : toolchain::install(kind, version, supply.install);
  };
  CP_TRY_ASSIGN(auto kit, look());
  CP_TRY_ASSIGN(auto lease, toolchain::lease(kit));
  rig.leases.push_back(std::move(lease));
  if (own != supply.own.end() || toolchain::is_own(version)) rig.own.push_back(toolchain::to_line(kit));
  say_served(toolchain::to_line(kit), supply);
  return kit;
}

/// `host:port` of `http://host:port/` on this machine.
util::Result<std::string> local_address(std::string_view url) {
  constexpr std::string_view http = "http://";
  auto address = std::string(url.substr(std::min(http.size(), url.size())));
  while (address.ends_with('/')) address.pop_back();
  const auto host = address.substr(0, address.find(':'));
  if (url.starts_with(http) && (host == "127.0.0.1" || host == "localhost") && address.find('/') == address.npos)
    return address;
  return util::failure(
      fmt::format("--registry={} is no registry on this machine", url),
      {},
      "http://127.0.0.1:PORT: plain HTTP, without a path; one elsewhere would need a login and its time",
      util::Blame::usage);
}

/// What is served to all rigs is said once, whether somebody asked or not.
void say_once(const std::string& line, Supply& supply) {
  if (supply.served.insert(line).second) say(line, supply);
}

/// The image of this machine's registry, which serves every case in a container as it does in a process.
util::Result<std::string> own_image(Supply& supply) {
  CP_TRY_ASSIGN(const auto program, toolchain::find_registry());
  CP_TRY_ASSIGN(auto image, sandbox::registry_image_name(program));
  if (sandbox::has_image(image)) return image;
  CP_TRY(sandbox::build_registry_image(program, image, supply.install.stop));
  say(fmt::format("registry: {} was built of {} and stays in the Docker engine", image, program.string()), supply);
  return image;
}

/// One that the engine has, or pulls.
util::Result<std::string> image_of_user(const std::string& image, Supply& supply) {
  if (sandbox::has_image(image)) return image;
  if (supply.offline)
    return util::failure("the Docker engine does not have " + image + ", and --offline forbids to pull it");
  CP_TRY(sandbox::pull_image(image, supply.install.stop));
  return image;
}

/// Of `image`, or of this machine's registry; tried out.
util::Status contain_registries(const std::string& image, Supply& supply) {
  if (supply.contained_registries) return {};
  CP_TRY_ASSIGN(const auto engine, sandbox::engine_version(supply.install.stop));
  CP_TRY_ASSIGN(const auto name, image.empty() ? own_image(supply) : image_of_user(image, supply));
  auto registries = std::make_shared<sandbox::ContainedRegistries>(name);
  CP_TRY(registries->try_out(supply.install.stop));
  supply.contained_registries = std::move(registries);
  say_once(fmt::format("registry: a container of {} on Docker {} for every case", name, engine), supply);
  return {};
}

util::Status choose_registry(const std::string& choice, Rig& rig, Supply& supply) {
  constexpr std::string_view k_image = "container:";
  if (choice == "container" || choice.starts_with(k_image)) {
    CP_TRY(contain_registries(choice == "container" ? "" : choice.substr(k_image.size()), supply));
    rig.contained_registries = supply.contained_registries;
    return {};
  }
  if (choice == "auto" && !supply.no_contained_registries) {
    if (!process::find_program("docker"))
      supply.no_contained_registries = {util::Blame::unable, "there is no docker on the PATH"};
    else if (auto contained = contain_registries({}, supply); !contained) {
      if (contained.error().blame == util::Blame::interrupted) return contained;
      supply.no_contained_registries = std::move(contained).error();
    } else {
      rig.contained_registries = supply.contained_registries;
      return {};
    }
  }
  if (choice == "auto" || choice == "process") {
    CP_TRY_ASSIGN(rig.programs.registry, toolchain::find_registry());
    const auto line = "registry: " + rig.programs.registry.string() + " of this machine";
    if (choice == "auto")
      say_once(fmt::format("{}, as a process: {}", line, supply.no_contained_registries->what), supply);
    else
      say_served(line, supply);
    return {};
  }
  if (choice.starts_with(toolchain::k_path)) {
    const std::filesystem::path file = std::filesystem::absolute(choice.substr(toolchain::k_path.size()));
    const auto program = process::find_program(file.string());
    if (!program) return util::failure(file.string() + " is no program that can be run", {}, "check --registry");
    rig.programs.registry = *program;
    say_served("registry: from the path " + program->string(), supply);
    return {};
  }
  if (choice.find("://") != choice.npos) {
    CP_TRY_ASSIGN(rig.registry, local_address(choice));
    say(fmt::format("the registry at {} is yours: every case has repositories of its own there, proven empty, below "
                    "cacheproof/; they stay there, and layers that others hold may be shared with them",
                    rig.registry),
        supply);
    return {};
  }
  if (choice == "v3" || util::Version::parse(choice)) {
    const auto version = choice == "v3" ? toolchain::default_version(toolchain::Kind::registry) : choice;
    CP_TRY_ASSIGN(const auto kit, find(toolchain::Kind::registry, version, rig, supply));
    rig.programs.registry = kit.program("registry");
    return {};
  }
  return util::failure(fmt::format("--registry={} is no registry", choice),
                       {},
                       "one of: auto, process (Debian's docker-registry), container (of that), container:IMAGE, v3 or "
                       "v3.0.0 (distribution), path:FILE, http://127.0.0.1:PORT",
                       util::Blame::usage);
}

util::Status find_buildkit(const std::string& version, Rig& rig, Supply& supply) {
  CP_TRY_ASSIGN(const auto kit, find(toolchain::Kind::buildkit, version, rig, supply));
  rig.version = kit.version;
  rig.programs.daemon = kit.program("buildkitd");
  rig.programs.buildctl = kit.program("buildctl");
  return {};
}

/// An engine starts a containerd: the one beside it, else the machine's.
util::Status find_engine(const std::string& version, bool containerd, Rig& rig, Supply& supply) {
  rig.programs.kind = sandbox::DaemonKind::dockerd;
  if (supply.engine) {
    rig.engine = supply.engine;
    rig.version = embedded_buildkit({.docker = version, .embedded = supply.engine->buildkit});
    rig.programs.daemon.clear();
    return {};
  }
  CP_TRY_ASSIGN(const auto kit, find(toolchain::Kind::docker, version, rig, supply));
  if (!process::find_program(kit.program("containerd").string())) CP_TRY(toolchain::find_containerd());
  rig.version = toolchain::embedded_buildkit(kit.version);
  rig.programs.images_in_containerd = containerd;
  rig.programs.daemon = kit.program("dockerd");
  return {};
}

/// The default one too: a script may need it where nobody can tell before it runs.
util::Status find_buildx(const RigChoice& choice, Rig& rig, Supply& supply) {
  using toolchain::Kind;
  auto versions = choice.buildx;
  const auto& pinned = toolchain::default_version(Kind::buildx);
  if (supply.own.contains({Kind::buildx, pinned}) || toolchain::find(Kind::buildx, pinned)) versions.push_back(pinned);
  for (const auto& version : versions) {
    CP_TRY_ASSIGN(const auto kit, find(Kind::buildx, version, rig, supply));
    rig.buildx.emplace(version, kit.program("buildx"));
  }
  return {};
}

/// A BuildKit in a container of an engine: the daemon is the engine, the version that of BuildKit.
util::Status find_contained(const std::string& version, const std::string& engine, Rig& rig, Supply& supply) {
  CP_TRY(find_buildkit(version, rig, supply));
  const auto programs = rig.programs;
  const auto buildkit = rig.version;
  CP_TRY(find_engine(engine, false, rig, supply));
  rig.version = buildkit;
  CP_TRY_ASSIGN(auto parts, contained_programs(programs));
  rig.contained =
      std::async(std::launch::deferred, [base = rig.base, parts = std::move(parts)]() -> util::Result<oci::Image> {
        CP_TRY_ASSIGN(const auto& layer, base.get());
        return oci::busybox_image(
            layer, {.env = {{"PATH", "/usr/bin:/bin"}}, .entrypoint = {"/usr/bin/buildkitd"}, .programs = parts});
      }).share();
  return {};
}

util::Status find_builder(const std::string& name, Rig& rig, Supply& supply) {
  const auto [buildkit, docker, containerd] = parse_rig_name(name);
  if (docker.empty()) return find_buildkit(buildkit, rig, supply);
  return buildkit.empty() ? find_engine(docker, containerd, rig, supply)
                          : find_contained(buildkit, docker, rig, supply);
}

/// A runc that does not even know its version would make every RUN fail, which would look like the build's own fault.
util::Status try_out(const std::filesystem::path& runc, const std::stop_token& stop) {
  const process::Command command{{runc.string(), "--version"}, {}, {}};
  CP_TRY_ASSIGN(const auto finished,
                process::run(command, {.timeout = std::chrono::seconds(10), .stop = stop, .on_output = {}}));
  if (finished.exit.ok()) return {};
  return util::failure(fmt::format("runc does not work: {}", to_text(finished.exit)),
                       process::to_line(command),
                       "install it again: apt-get install --reinstall runc");
}

} // namespace

std::vector<std::string> sweep(bool dry_run) {
  auto lines = sandbox::sweep({.dry_run = dry_run});
  for (auto& line : sandbox::sweep_mirrors(mirror_root(), dry_run)) lines.push_back(std::move(line));
  return lines;
}

std::filesystem::path mirror_root() {
  if (const char* named = std::getenv("CACHEPROOF_MIRROR_STORE"); named && *named)
    return std::filesystem::absolute(named);
  return toolchain::store() / "mirror";
}

util::Result<std::uintmax_t> mirror_limit() {
  const char* written = std::getenv("CACHEPROOF_MIRROR_LIMIT");
  if (!written || !*written) return std::uintmax_t{5'000'000'000};
  if (const auto bytes = util::parse_bytes(written)) return *bytes;
  return util::failure(fmt::format("CACHEPROOF_MIRROR_LIMIT={} is no size", written),
                       {},
                       "a number with a unit, e.g. 5G",
                       util::Blame::usage);
}

util::Result<Rig> prepare_rig(const RigChoice& choice, Supply& supply) {
  Rig rig;
  // First what costs nothing to find out: nobody waits for a toolchain to hear that runc is missing.
  CP_TRY_ASSIGN(rig.programs.runc, toolchain::find_runc());
  CP_TRY(try_out(rig.programs.runc, supply.install.stop));
  CP_TRY_ASSIGN(rig.busybox, toolchain::find_busybox());
  rig.base = std::async(std::launch::deferred, oci::busybox_layer, rig.busybox, "").share();
  CP_TRY(choose_registry(choice.registry, rig, supply));
  CP_TRY(find_buildx(choice, rig, supply));
  CP_TRY(find_builder(choice.buildkit, rig, supply));
  CP_TRY_ASSIGN(const auto limit, mirror_limit());
  // Debian's where there is one: a mirror is shared by runs that chose different registries for themselves.
  rig.mirrors = std::make_shared<sandbox::Mirrors>(
      toolchain::find_registry().value_or(rig.programs.registry), mirror_root(), limit);
  return rig;
}

util::Status add_frontends(Rig& rig, const std::vector<std::string>& versions, Supply& supply) {
  for (const auto& version : versions) {
    if (rig.frontends.contains(version)) continue;
    const auto known = supply.no_frontends.find(version);
    const auto kit = known == supply.no_frontends.end() ? find(toolchain::Kind::frontend, version, rig, supply)
                                                        : tl::unexpected(known->second);
    if (!kit) {
      const auto blame = kit.error().blame;
      if (supply.offline || blame == util::Blame::usage || blame == util::Blame::interrupted)
        return tl::unexpected(kit.error());
      supply.no_frontends.emplace(version, kit.error());
    }
    rig.frontends.emplace(version, kit.map([](const auto& found) { return found.program("dockerfile-frontend"); }));
  }
  return {};
}

} // namespace cacheproof::engine
