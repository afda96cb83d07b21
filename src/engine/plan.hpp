#pragma once

#include "builder/builder.hpp"
#include "scenario/scenario.hpp"
#include "util/diagnostic.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cacheproof::engine {

using builder::DriverChoice;

/// One scenario in one cell of its matrix on one version through one driver: what is played, and what a verdict is
/// about.
struct Case {
  std::shared_ptr<const scenario::Scenario> scenario;
  scenario::Cell cell;
  std::string buildkit; ///< version, `v0.34.2`; of an engine the one in it, empty where it is not known
  /// `registry/asset_edit_rebuilds_one_stage[mode=max]@v0.34.2`, `…@v0.34.2+buildx@v0.36.1`,
  /// `…@docker@v28.5.2+buildx@v0.36.1`, in a container `…@v0.34.2+buildx@v0.36.1+docker@v29.2.0`, with another frontend
  /// `…+frontend@v0.34.2`; in an engine of the user's `…+buildx@v0.36.1+engine@host`
  std::string id;
  DriverChoice driver;
  std::string frontend; ///< which `with_frontend` has put into the scenario; empty: what that says itself
};

/// `docker@v28.5.2`, `docker-containerd@v28.5.2`; empty for a driver that builds in no engine's own BuildKit.
std::string engine_name(const DriverChoice& driver);
/// What a rig is called by: a BuildKit, an engine, or a BuildKit in a container of an engine.
struct RigName {
  std::string buildkit;    ///< version, or `path:DIR`; empty where it is the engine's own
  std::string docker;      ///< version; empty without an engine
  bool containerd = false; ///< the engine is told to keep its images there
};
/// `v0.34.2`, `docker@v28.5.2`, `docker-containerd@v28.5.2`, `v0.34.2+docker@v29.2.0`
std::string to_text(const RigName& name);
RigName parse_rig_name(const std::string& text);

/// What the claims of a round may depend on in this case: its cell and its facts. Pure but for `root`, which is whether
/// the program has those rights.
scenario::World world_of(const Case& planned, const scenario::Round& round);

/// Why the case is skipped: something that its scenario `requires` is not so in any round; in words.
std::optional<std::string> unmet(const Case& planned);

/// Whether a command line of its rounds has that word in it; what a script of its calls is not seen.
bool lines_name(const scenario::Scenario& scenario, std::string_view program);
/// Whether a command line of theirs names `docker` or `buildx`.
bool needs_buildx(const scenario::Scenario& scenario);

/// Claims without an alternative for a case that would be played: a claim never vanishes.
std::vector<util::Diagnostic> unclaimed(const std::vector<Case>& cases);

/// Every scenario in every cell on every version through every driver, in that order of nesting; one whose builders all
/// name their versions on those alone. A Docker engine is a version of its own. One that chooses no Dockerfile frontend
/// is played with each of these, as `with_frontend` takes them. Pure.
std::vector<Case> plan(const std::vector<std::shared_ptr<const scenario::Scenario>>& scenarios,
                       const std::vector<std::string>& versions,
                       const std::vector<DriverChoice>& drivers = {{}},
                       const std::vector<std::string>& frontends = {""});

/// The two ids of the first cases that would share a name in letters (`plain_id`), and with it a folder of evidence and
/// a test; nothing when all differ.
std::optional<std::pair<std::string, std::string>> collision(const std::vector<Case>& cases);

/// Whether `filter` selects a case: a glob for some part of its id. An empty filter selects all.
bool selects(std::string_view filter, const Case& planned);

/// The id in letters that GoogleTest and file systems take: what is not in `[A-Za-z0-9_]` becomes one `_`.
std::string plain_id(std::string_view id);

} // namespace cacheproof::engine
