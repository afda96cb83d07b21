#pragma once

#include "util/result.hpp"

#include <sys/types.h>

#include <filesystem>
#include <optional>

namespace cacheproof::util {

/// The user behind sudo.
struct Caller {
  uid_t uid = 0;
  gid_t gid = 0;
  std::filesystem::path home;
};

/// Nothing when the program was not started through sudo by somebody other than root.
std::optional<Caller> sudo_caller();

/// Whether the program is the machine's root, not only the root of a user namespace.
bool is_machine_root();

/// Gives a file or a tree to the user behind sudo, so that evidence and stores stay theirs; does nothing otherwise.
Status give_to_caller(const std::filesystem::path& path);

/// Makes a folder, and gives what was not there before to the user behind sudo.
Status make_caller_directories(const std::filesystem::path& folder);

} // namespace cacheproof::util
