#pragma once

#include "engine/plan.hpp"
#include "engine/schedule.hpp"
#include "toolchain/toolchain.hpp"
#include "util/result.hpp"

#include <optional>
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

/// What its words stand for.
struct Chosen {
  std::vector<std::string> versions; ///< of BuildKit, or `path:DIR`
  std::vector<engine::DriverChoice> drivers;
};
/// With `online` it may be asked what was released. Every error is one of usage, or of a network that is not there.
util::Result<Chosen> choose(const Selection& selection, const std::optional<toolchain::Options>& online);

/// By which cases are dealt to shards: of that folder, none without one. Never those of `--out`: the first shard that ends
/// would move the cases of the others. One that cannot be read is an error, for the others may have been able to.
util::Result<engine::Durations> read_durations(const std::string& folder);

/// Where no case was chosen: nothing that was judged is no pass.
util::Error nothing_chosen(const Selection& selection);

} // namespace cacheproof::cli
