#pragma once

#include "engine/plan.hpp"
#include "sandbox/users_engine.hpp"
#include "util/result.hpp"

#include <memory>
#include <string>
#include <vector>

namespace cacheproof::engine {

/// What `--driver` names: every driver once, buildx and engines in each of these versions (as `toolchain::find_own`
/// leaves them); without any of these in the pinned default. A name that is none, one that is there twice, and a
/// version that nothing would be built with, is a usage error.
util::Result<std::vector<DriverChoice>> choose_drivers(const std::vector<std::string>& drivers,
                                                       const std::vector<std::string>& buildx,
                                                       const std::vector<std::string>& docker = {});

/// The same in an engine of the user's, which keeps its images where it does, whichever driver was named: `docker` and
/// `docker-containerd` are one there. An engine that keeps them elsewhere than those of its version do is an error.
util::Result<std::vector<DriverChoice>>
in_users_engine(const std::vector<DriverChoice>& drivers, builder::Engine whose, const sandbox::UsersEngine& engine);

/// The BuildKit that is built into that engine; empty where nobody says so.
std::string embedded_buildkit(const DriverChoice& driver);

/// Whether one of them builds on a BuildKit of its own, and not on that of an engine.
bool need_buildkit(const std::vector<DriverChoice>& drivers);

/// The version of buildx that a case builds with, or that its command lines find.
const std::string& buildx_of(const DriverChoice& driver);

/// Those that have to be there for these scenarios through these drivers, each once.
std::vector<std::string> buildx_needed(const std::vector<DriverChoice>& drivers,
                                       const std::vector<std::shared_ptr<const scenario::Scenario>>& scenarios);

} // namespace cacheproof::engine
