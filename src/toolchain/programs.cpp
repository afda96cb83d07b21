#include "toolchain/programs.hpp"

#include "oci/image.hpp"
#include "process/process.hpp"

namespace cacheproof::toolchain {
namespace {

util::Result<std::filesystem::path> find(const std::string& name, const std::string& package) {
  if (auto path = process::find_program(name)) return *path;
  // A plain user's PATH often lacks the sbin folders.
  if (auto path = process::find_program(name, "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"))
    return *path;
  return util::failure(name + " is not installed", {}, "apt-get install " + package);
}

} // namespace

util::Result<std::filesystem::path> find_runc() {
  return find("runc", "runc");
}

util::Result<std::filesystem::path> find_registry() {
  return find("docker-registry", "docker-registry");
}

util::Result<std::filesystem::path> find_containerd() {
  return find("containerd", "containerd");
}

util::Result<std::filesystem::path> find_busybox() {
  CP_TRY_ASSIGN(auto path, find("busybox", "busybox-static"));
  CP_TRY(oci::check_busybox(path));
  return path;
}

} // namespace cacheproof::toolchain
