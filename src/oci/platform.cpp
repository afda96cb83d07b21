#include "oci/platform.hpp"

#include <sys/utsname.h>

namespace cacheproof::oci {

std::string machine() {
  utsname names{};
  uname(&names);
  return names.machine;
}

std::string architecture() {
  auto name = machine();
  if (name == "x86_64") return "amd64";
  if (name == "aarch64") return "arm64";
  return name;
}

} // namespace cacheproof::oci
