#include "sandbox/admission.hpp"

#include "sandbox/folder.hpp"
#include "sandbox/known_roots.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <set>
#include <string>

namespace cacheproof::sandbox {
namespace {

/// A daemon, a registry, a client and a shell or two take some 200 MiB (measured on v0.34.2).
constexpr std::uintmax_t k_memory = std::uintmax_t{512} << 20;

/// proc(5): what programs can have without swapping. As much as one likes where the kernel does not say.
std::uintmax_t available_memory() {
  std::ifstream file("/proc/meminfo");
  std::string name;
  for (std::uintmax_t kibibytes = 0; file >> name >> kibibytes; file.ignore(64, '\n'))
    if (name == "MemAvailable:") return kibibytes << 10;
  return std::numeric_limits<std::uintmax_t>::max();
}

} // namespace

Room room() {
  Room now{available_memory(), {}};
  std::set<dev_t> systems; // two places of one file system share its space
  for (const auto& root : roots()) {
    struct stat info {};
    const auto space = usable_space(root);
    if (space && stat(root.c_str(), &info) == 0 && systems.insert(info.st_dev).second)
      now.places.push_back({root, *space});
  }
  return now;
}

Admission::Admission()
    : memory_(k_memory) {}

/// Whatever else comes and goes on the machine: those with claims have taken something between nothing and all of them.
bool Admission::Claims::fits(std::uintmax_t free) {
  const auto most = std::numeric_limits<std::uintmax_t>::max() - count_ * each_;
  without_ = std::clamp(without_, free, std::min(free, most) + count_ * each_);
  return without_ >= (count_ + 1) * each_;
}

std::optional<std::filesystem::path> Admission::admit(const Room& now) {
  const bool memory = memory_.fits(now.memory);
  Claims* found = nullptr;
  std::filesystem::path root;
  for (const auto& place : now.places) {
    auto& claims = places_.try_emplace(place.root, k_space).first->second;
    if (!claims.fits(place.free) || found) continue; // all are looked at: what they have free is news
    found = &claims;
    root = place.root;
  }
  if (admitted_ > 0 && (!memory || !found)) return {};
  ++admitted_;
  memory_.add();
  if (found) found->add();
  return root;
}

void Admission::end(const std::filesystem::path& root) {
  --admitted_;
  memory_.remove();
  if (const auto found = places_.find(root); found != places_.end()) found->second.remove();
}

} // namespace cacheproof::sandbox
