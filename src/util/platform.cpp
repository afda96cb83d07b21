#include "util/platform.hpp"

#include "util/text.hpp"

#include <map>
#include <utility>
#include <vector>

namespace cacheproof::util {

std::string normal_platform(std::string_view written) {
  auto parts = split(lower(written), '/');
  if (parts.size() == 1) parts.insert(parts.begin(), "linux");
  if (parts.size() == 2) parts.emplace_back();
  if (parts.size() != 3) return std::string(written);
  auto& architecture = parts[1];
  auto& variant = parts[2];
  static const std::map<std::string, std::pair<std::string, std::string>> others{
      {"x86_64", {"amd64", ""}},
      {"x86-64", {"amd64", ""}},
      {"i386", {"386", ""}},
      {"aarch64", {"arm64", ""}},
      {"armhf", {"arm", "v7"}},
      {"armel", {"arm", "v6"}},
  };
  if (const auto other = others.find(architecture); other != others.end()) {
    architecture = other->second.first;
    if (variant.empty()) variant = other->second.second;
  }
  if (!variant.empty() && variant.front() != 'v') variant.insert(0, "v");
  if (architecture == "arm" && variant.empty()) variant = "v7";
  if ((architecture == "arm64" && variant == "v8") || (architecture == "amd64" && variant == "v1")) variant.clear();
  if (variant.empty()) parts.pop_back();
  return join(parts, "/");
}

} // namespace cacheproof::util
