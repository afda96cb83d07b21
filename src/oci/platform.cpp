#include "oci/platform.hpp"

#include <sys/utsname.h>

namespace cacheproof::oci {

std::string architecture() {
  utsname machine{};
  uname(&machine);
  std::string name(machine.machine);
  if (name == "x86_64") return "amd64";
  if (name == "aarch64") return "arm64";
  return name;
}

} // namespace cacheproof::oci
