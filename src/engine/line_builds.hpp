#pragma once

#include "buildkit/raw_build.hpp"
#include "dockerfile/dockerfile.hpp"
#include "engine/plan.hpp"
#include "evidence/case.hpp"
#include "evidence/record.hpp"
#include "scenario/scenario.hpp"
#include "util/result.hpp"

#include <set>
#include <string>
#include <vector>

namespace cacheproof::engine {

/// One of the builds that a command line started: how it is called beside others, and what it did.
struct LineBuild {
  std::string name;
  evidence::BuildRecord record;
};

/// What they did, as one record. Where there are several, every step says its build: by its name, the second of the
/// same name as `app#2`. Pure; there is one at least.
evidence::BuildRecord together(std::vector<LineBuild> builds);

/// The frontends that such a build has asked for, besides the daemon's own; an empty name may be among them.
std::set<std::string> frontends_read(const buildkit::RawBuild& raw, const dockerfile::File& file);
/// The images that such a build has read, its frontend among them.
std::set<std::string>
images_read(const buildkit::RawBuild& raw, const dockerfile::File& file, const std::string& target);

/// Whether the steps that the round's claims name are those of some Dockerfile: nobody knew before what the line
/// builds.
util::Status check_steps(const Case& planned, const scenario::Round& round, const evidence::RoundEvidence& seen);

} // namespace cacheproof::engine
