#include "scenario/client_flags.hpp"

#include <array>

namespace cacheproof::scenario {
namespace {

using enum ClientFlag::Meaning;

constexpr std::array k_docker{
    ClientFlag{"add-host", items, "extra_hosts"},
    ClientFlag{"allow", item, "entitlements"},
    ClientFlag{"annotation"},
    ClientFlag{"attest", attest},
    ClientFlag{"build-arg", item, "args"},
    ClientFlag{"build-context", item, "additional_contexts"},
    ClientFlag{"builder"},
    ClientFlag{"cache-from", item, "cache_from"},
    ClientFlag{"cache-to", item, "cache_to"},
    ClientFlag{"call", refused, "builds nothing with most of its values"},
    ClientFlag{"cgroup-parent", raw, "cgroup-parent"},
    ClientFlag{"check", refused, "builds nothing", 0, false},
    ClientFlag{"compress", nothing, {}, 0, false},
    ClientFlag{"cpu-period", raw, "cpuperiod"},
    ClientFlag{"cpu-quota", raw, "cpuquota"},
    ClientFlag{"cpu-shares", raw, "cpushares", 'c'},
    ClientFlag{"cpuset-cpus", raw, "cpusetcpus"},
    ClientFlag{"cpuset-mems", raw, "cpusetmems"},
    ClientFlag{"debug", nothing, {}, 'D', false},
    ClientFlag{"disable-content-trust", nothing, {}, 0, false},
    ClientFlag{"file", file, "dockerfile", 'f'},
    ClientFlag{"force-rm", nothing, {}, 0, false},
    ClientFlag{"iidfile"},
    ClientFlag{"isolation"},
    ClientFlag{"label", item, "labels"},
    ClientFlag{"load", nothing, {}, 0, false},
    ClientFlag{"memory", raw, "memory", 'm'},
    ClientFlag{"memory-swap", raw, "memswap"},
    ClientFlag{"metadata-file"},
    ClientFlag{"network", one, "network"},
    ClientFlag{"no-cache", yes, "no_cache", 0, false},
    ClientFlag{"no-cache-filter", items, "no_cache_filter"},
    ClientFlag{"output", item, "output", 'o'},
    ClientFlag{"platform", items, "platforms"},
    ClientFlag{"policy", refused, "has no key in the scenario language"},
    ClientFlag{"progress"},
    ClientFlag{"provenance", one, "provenance"},
    ClientFlag{"pull", yes, "pull", 0, false},
    ClientFlag{"push", nothing, {}, 0, false},
    ClientFlag{"quiet", nothing, {}, 'q', false},
    ClientFlag{"resource", refused, "has no key in the scenario language"},
    ClientFlag{"rm", nothing, {}, 0, false},
    ClientFlag{"sbom", one, "sbom"},
    ClientFlag{"secret", item, "secrets"},
    ClientFlag{"security-opt"},
    ClientFlag{"shm-size", one, "shm_size"},
    ClientFlag{"squash", nothing, {}, 0, false},
    ClientFlag{"ssh", item, "ssh"},
    ClientFlag{"tag", item, "tags", 't'},
    ClientFlag{"target", one, "target"},
    ClientFlag{"ulimit", item, "ulimits"},
};

constexpr std::array k_buildctl{
    ClientFlag{"allow", item, "entitlements"},
    ClientFlag{"debug-json-cache-metrics"},
    ClientFlag{"export-cache", item, "cache_to"},
    ClientFlag{"frontend", one, "frontend"},
    ClientFlag{"import-cache", item, "cache_from"},
    ClientFlag{"local", folder},
    ClientFlag{"metadata-file"},
    ClientFlag{"no-cache", yes, "no_cache", 0, false},
    ClientFlag{"oci-layout", refused, "has no key in the scenario language"},
    ClientFlag{"opt", option},
    ClientFlag{"output", item, "output", 'o'},
    ClientFlag{"progress"},
    ClientFlag{"proxy-network", refused, "has no key in the scenario language", 0, false},
    ClientFlag{"ref-file"},
    ClientFlag{"registry-auth-tlscontext"},
    ClientFlag{"secret", item, "secrets"},
    ClientFlag{"source-policy-file", refused, "has no key in the scenario language"},
    ClientFlag{"ssh", item, "ssh"},
    ClientFlag{"trace"},
};

constexpr std::array k_buildctl_global{
    ClientFlag{"addr"},
    ClientFlag{"debug", nothing, {}, 0, false},
    ClientFlag{"log-format"},
    ClientFlag{"timeout"},
    ClientFlag{"tlscacert"},
    ClientFlag{"tlscert"},
    ClientFlag{"tlsdir"},
    ClientFlag{"tlskey"},
    ClientFlag{"tlsservername"},
    ClientFlag{"wait", nothing, {}, 0, false},
};

} // namespace

std::span<const ClientFlag> docker_flags() {
  return k_docker;
}
std::span<const ClientFlag> buildctl_flags() {
  return k_buildctl;
}
std::span<const ClientFlag> buildctl_global_flags() {
  return k_buildctl_global;
}

} // namespace cacheproof::scenario
