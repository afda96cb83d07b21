#include "util/caller.hpp"

#include "util/files.hpp"
#include "util/text.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace cacheproof::util {
namespace fs = std::filesystem;
namespace {

std::optional<unsigned> number_of(const char* name) {
  const char* text = std::getenv(name);
  return text ? parse_number<unsigned>(text) : std::nullopt;
}

} // namespace

std::optional<Caller> sudo_caller() {
  const auto uid = number_of("SUDO_UID");
  const auto gid = number_of("SUDO_GID");
  if (geteuid() != 0 || !uid || !gid || *uid == 0) return {};
  const passwd* entry = getpwuid(*uid);
  if (!entry) return {};
  return Caller{*uid, *gid, entry->pw_dir};
}

bool is_machine_root() {
  // user_namespaces(7): lines of ID-INSIDE ID-OUTSIDE COUNT.
  const auto map = split(read_text("/proc/self/uid_map").value_or("0 0 1"), '\n').front();
  auto words = split(map, ' ');
  std::erase(words, "");
  return geteuid() == 0 && words.size() > 1 && words[0] == "0" && words[1] == "0";
}

Status give_to_caller(const fs::path& path) {
  const auto caller = sudo_caller();
  if (!caller) return {};
  const auto give = [&](const fs::path& one) -> Status {
    if (lchown(one.c_str(), caller->uid, caller->gid) != 0)
      return failure("cannot give " + one.string() + " to the user who called: " + std::strerror(errno));
    return {};
  };
  CP_TRY(give(path));
  std::error_code error;
  for (fs::recursive_directory_iterator it(path, error), end; !error && it != end; it.increment(error))
    CP_TRY(give(it->path()));
  return {};
}

Status make_caller_directories(const fs::path& folder) {
  if (fs::exists(folder)) return {};
  fs::path first = folder;
  while (first.has_parent_path() && !fs::exists(first.parent_path())) first = first.parent_path();
  CP_TRY(make_directories(folder));
  return give_to_caller(first);
}

} // namespace cacheproof::util
