#include "sandbox/bridge.hpp"
#include "sandbox/daemon_program.hpp"
#include "util/files.hpp"

#include <nlohmann/json.hpp>

#include <set>
#include <string>

namespace cacheproof::sandbox {
namespace {

/// daemon.json. A dockerd knows mirrors of Docker Hub alone, and those without a path.
std::string configuration(const DaemonSetup& setup) {
  std::set<std::string> plain;
  for (const auto& registry : setup.registries) plain.insert(registry.substr(0, registry.find('/')));
  auto mirrors = nlohmann::json::array();
  if (const auto hub = setup.mirrors.find("docker.io"); hub != setup.mirrors.end())
    for (const auto& mirror : hub->second) {
      if (mirror.find('/') != mirror.npos) continue; // what needs it is in a container, or was refused
      mirrors.push_back("http://" + mirror);
      plain.insert(mirror);
    }
  // No garbage collection: what it removes would look like a miss.
  auto features = nlohmann::json::object();
  if (setup.images_in_containerd) features["containerd-snapshotter"] = true;
  return nlohmann::json{{"registry-mirrors", mirrors},
                        {"features", features},
                        {"insecure-registries", plain},
                        {"cgroup-parent", setup.cgroup},
                        {"exec-opts", {"native.cgroupdriver=cgroupfs"}},
                        {"builder", {{"gc", {{"enabled", false}}}}}}
      .dump(2);
}

} // namespace

util::Result<process::Command> prepare_dockerd(const DaemonSetup& setup) {
  const auto config = setup.folder / "daemon.json";
  CP_TRY(util::write_text(config, configuration(setup)));
  CP_TRY(util::write_text(setup.folder / "buildkitd.toml", contained_configuration(setup)));
  auto environment = setup.environment;
  environment["DOCKER_MIN_API_VERSION"] = "1.24"; // 29 has 1.44, which buildx v0.12.1 is too old for
  environment["PATH"] = setup.program.parent_path().string() + ":" + environment["PATH"];
  // Sockets lie below the exec root, whose path has to be short. What a port is published by is not looked for.
  return process::Command{{setup.program.string(),
                           "--config-file",
                           config.string(),
                           "--data-root",
                           (setup.folder / "root").string(),
                           "--exec-root",
                           (setup.folder / "x").string(),
                           "--pidfile",
                           (setup.folder / "pid").string(),
                           "--host",
                           "unix://" + socket_of(setup).string(),
                           "--bridge=" + bridge_of(setup.folder),
                           "--iptables=false",
                           "--ip6tables=false",
                           "--ip-forward=false",
                           "--ip-masq=false",
                           "--userland-proxy=false"},
                          environment,
                          {}};
}

} // namespace cacheproof::sandbox
