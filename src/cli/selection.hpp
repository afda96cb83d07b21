#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace cacheproof::cli {

/// Which cases are meant, as it is written on the command line: scenarios × versions × drivers, less what the filter
/// leaves out.
struct Selection {
  std::vector<std::string> paths;
  std::vector<std::string> versions; ///< of BuildKit; none: the pinned default
  std::vector<std::string> drivers;  ///< none: buildctl
  std::vector<std::string> buildx;   ///< versions; none: the pinned default
  std::string filter;
};

/// Adds PATH, `--buildkit`, `--driver`, `--buildx` and `--filter` to a command.
void add_selection(CLI::App& command, Selection& selection);

} // namespace cacheproof::cli
