#pragma once

#include "engine/plan.hpp"
#include "engine/rig.hpp"

#include <string>
#include <vector>

namespace cacheproof::engine {

/// The name of the builder that a round is built on; empty where builders have none. A scenario with a single named
/// builder need not say it.
std::string builder_of(const scenario::Scenario& scenario, const scenario::Round& round);

/// The BuildKit of that builder in a case: the version that it names, else that of the case.
std::string version_of(const Case& planned, const scenario::Round& round);

/// The rig that a round is played with, as `Rigs` has it and `RigChoice` takes it: that version, or the case's engine.
std::string rig_of(const Case& planned, const scenario::Round& round);
/// Those of all rounds of a case, each once, in the order of the rounds.
std::vector<std::string> rigs_of(const Case& planned);

/// Those of all builders that a scenario has in that cell, where every one names its own: such a scenario is played
/// once, whatever versions are asked for. Empty otherwise.
std::vector<std::string> own_versions(const scenario::Scenario& scenario, const scenario::Cell& cell);

} // namespace cacheproof::engine
