#include "sandbox/bridge.hpp"

#include "process/process.hpp"
#include "sandbox/environment.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>

namespace cacheproof::sandbox {
namespace fs = std::filesystem;
namespace {

constexpr const char* k_interfaces = "/sys/class/net";
constexpr std::size_t k_subnets = 1U << 13U; // of 16 addresses each, in 198.18.0.0/15

util::Result<std::string> ip(std::vector<std::string> words) {
  words.insert(words.begin(), "ip");
  const process::Command command{std::move(words), {{{"PATH", k_path}}}, {}};
  if (!process::find_program("ip", k_path)) return util::failure("ip is missing", {}, "apt-get install iproute2");
  CP_TRY_ASSIGN(auto finished,
                process::run(command, {.timeout = std::chrono::seconds(10), .stop = {}, .on_output = {}}));
  if (!finished.exit.ok())
    return util::failure(std::string(util::trim(finished.err)),
                         process::to_line(command),
                         "a Docker engine of our own needs root and a bridge of its own");
  return std::move(finished.out);
}

/// `cp-XXXXXX-`
std::string prefix_of(const fs::path& sandbox_folder) {
  const auto name = sandbox_folder.filename().string();
  return "cp-" + name.substr(name.rfind('-') + 1) + "-";
}

/// The first address of a subnet that no interface has, from one on that the name stands for.
util::Result<std::string> free_address(const std::string& name) {
  CP_TRY_ASSIGN(const auto taken, ip({"-4", "-o", "address", "show"}));
  const auto begin = std::hash<std::string>()(name);
  for (std::size_t i = 0; i < k_subnets; ++i) {
    const auto subnet = (begin + i) % k_subnets * 16;
    const auto address = fmt::format("198.{}.{}.{}/28", 18 + subnet / 65536, subnet / 256 % 256, subnet % 256 + 1);
    if (taken.find(" " + address) == std::string::npos) return address;
  }
  return util::failure("198.18.0.0/15 is taken by other interfaces", "ip address show");
}

/// One that hardly another adapter has (its second bit says: locally administered).
std::string hardware_address(const std::string& name) {
  const auto bits = std::hash<std::string>()(name);
  return fmt::format(
      "02:42:{:02x}:{:02x}:{:02x}:{:02x}", bits & 255, bits >> 8 & 255, bits >> 16 & 255, bits >> 24 & 255);
}

} // namespace

std::string bridge_of(const fs::path& daemon_folder) {
  return prefix_of(daemon_folder.parent_path()) + daemon_folder.filename().string();
}

util::Status make_bridge(const std::string& name) {
  CP_TRY_ASSIGN(const auto address, free_address(name));
  // Without one of its own it has the lowest of those that are connected: when that one goes, the others send to nobody
  // until they ask anew, and what a container was about to answer comes after 107 s (measured).
  CP_TRY(ip({"link", "add", name, "address", hardware_address(name), "type", "bridge"}));
  auto done = ip({"address", "add", address, "dev", name});
  if (done) done = ip({"link", "set", name, "up"});
  if (done) return {};
  static_cast<void>(remove_bridge(name));
  return tl::unexpected(std::move(done).error());
}

bool has_bridge(const std::string& name) {
  std::error_code error;
  return fs::exists(fs::path(k_interfaces) / name, error);
}

util::Status remove_bridge(const std::string& name) {
  if (!has_bridge(name)) return {};
  std::error_code error;
  // An engine that is killed while a RUN has its network leaves the pair by which it would have been connected.
  for (const auto& port : fs::directory_iterator(fs::path(k_interfaces) / name / "brif", error))
    static_cast<void>(ip({"link", "delete", port.path().filename()})); // or the kernel was faster
  CP_TRY(ip({"link", "delete", name}));
  return {};
}

std::vector<std::string> bridges_of(const fs::path& sandbox_folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(k_interfaces, error))
    if (auto name = entry.path().filename().string(); name.starts_with(prefix_of(sandbox_folder)))
      found.push_back(std::move(name));
  std::sort(found.begin(), found.end());
  return found;
}

} // namespace cacheproof::sandbox
