#include "toolchain/store.hpp"

#include "util/caller.hpp"

#include <cstdlib>
#include <string>

namespace cacheproof::toolchain {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

} // namespace

std::filesystem::path store() {
  if (const auto named = variable("CACHEPROOF_STORE"); !named.empty()) return std::filesystem::absolute(named);
  if (const auto cache = variable("XDG_CACHE_HOME"); !cache.empty()) return std::filesystem::path(cache) / "cacheproof";
  const auto caller = util::sudo_caller();
  return (caller ? caller->home : std::filesystem::path(variable("HOME"))) / ".cache" / "cacheproof";
}

} // namespace cacheproof::toolchain
