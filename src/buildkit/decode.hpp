#pragma once

#include "buildkit/raw_build.hpp"
#include "dockerfile/dockerfile.hpp"
#include "evidence/record.hpp"
#include "util/result.hpp"

#include <string>

namespace cacheproof::buildkit {

/// What a build did, from what the daemon said about it and the Dockerfile it was given. Pure.
///
/// Every written step of the Dockerfile appears: as the vertex that it became, or without one (`unneeded`, or in a
/// failed build `not_reached`). Which vertex a step became is told by the provenance's Dockerfile lines, in a failed
/// build and in one that the client has told, which have none, by the vertex's name `[stage i/n]`. `target` is empty
/// for the last stage. What the evidence does not decide is an error, never a guess.
util::Result<evidence::BuildRecord> decode(const RawBuild& build,
                                           const dockerfile::File& dockerfile,
                                           const std::string& target,
                                           const std::string& builder_version);

} // namespace cacheproof::buildkit
