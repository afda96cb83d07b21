#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cacheproof::process {

/// A command before it runs: a plain value that can be printed, compared and stored.
struct Command {
  std::vector<std::string> argv; ///< argv[0] is a path, or a name that is looked up in the PATH of `environment`
  std::optional<std::map<std::string, std::string>> environment; ///< the whole of it; nothing: inherit the program's
  std::filesystem::path directory;                               ///< working directory; empty: inherit
  bool operator==(const Command&) const = default;
};

/// A line for a POSIX shell: `cd DIR && env -i A=b prog 'an arg'`. What is inherited is not printed.
std::string to_line(const Command& command);

} // namespace cacheproof::process
