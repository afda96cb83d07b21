#include "sandbox/environment.hpp"

#include <cstdlib>

namespace cacheproof::sandbox {

void pass_proxies(std::map<std::string, std::string>& environment) {
  for (const auto* name : {"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"})
    if (const char* value = std::getenv(name)) environment[name] = value;
  for (const auto* name : {"NO_PROXY", "no_proxy"}) {
    const char* value = std::getenv(name);
    environment[name] = value && *value ? std::string(value) + ",127.0.0.1" : "127.0.0.1";
  }
}

} // namespace cacheproof::sandbox
