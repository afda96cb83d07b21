#pragma once

#include "engine/plan.hpp"
#include "engine/schedule.hpp"
#include "engine/shard.hpp"
#include "sandbox/users_engine.hpp"
#include "toolchain/select.hpp"
#include "toolchain/toolchain.hpp"
#include "util/result.hpp"

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace cacheproof::cli {

/// Cases whose builders all name their versions of BuildKit, which no other choice of versions changes.
enum class OwnVersions { with, only, without };

/// Which cases are meant, as it is written on the command line: scenarios × versions × drivers, less what the rest
/// leaves out.
struct Selection {
  std::vector<std::string> paths;
  std::vector<std::string> versions; ///< of BuildKit; none: the pinned default
  std::vector<std::string> drivers;  ///< none: buildctl
  std::vector<std::string> buildx;   ///< versions; none: the pinned default
  std::vector<std::string> docker;   ///< of engines, likewise
  /// Whose they are; nothing: the user's, if $CACHEPROOF_DISPOSABLE_ENGINE says that it is disposable, else our own.
  std::optional<builder::Engine> engine;
  std::vector<std::string> frontends; ///< for Dockerfiles; none: what the scenarios say
  std::string filter;
  std::vector<std::string> ids; ///< only cases of these very ids; none: all
  OwnVersions own_versions = OwnVersions::with;
  std::string shard; ///< `2/3`
  /// A folder with the durations.json by which cases are dealt to shards. Never that of `--out`: the first shard that
  /// ends would move the cases of the others.
  std::string durations;
};

/// Adds PATH and the options that choose cases to a command.
void add_selection(CLI::App& command, Selection& selection);

/// What its words stand for.
struct Chosen {
  std::vector<std::string> versions; ///< of BuildKit
  toolchain::OwnKits own;            ///< the programs of those that were a `path:DIR` or `image:REF`
  std::vector<engine::DriverChoice> drivers;
  std::optional<sandbox::UsersEngine> engine; ///< in the place of every one of our own
  std::vector<std::string> frontends{""};     ///< as `engine::plan` takes them
  std::optional<engine::Shard> shard;
  engine::Durations durations; ///< one that was named and cannot be read is an error: other shards may have read it
};
/// With `online` it may be asked what was released. Every error is one of usage, or of a network that is not there.
util::Result<Chosen> choose(const Selection& selection, const std::optional<toolchain::Options>& online);

/// The cases of these versions; none is an error, for then nothing is judged.
util::Result<std::vector<engine::Case>>
cases_of(const Selection& selection,
         const Chosen& chosen,
         const std::vector<std::shared_ptr<const scenario::Scenario>>& scenarios,
         const std::vector<std::string>& versions);

} // namespace cacheproof::cli
