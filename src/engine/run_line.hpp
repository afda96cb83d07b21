#pragma once

#include "builder/buildctl.hpp"
#include "buildkit/client.hpp"
#include "engine/case_world.hpp"
#include "process/process.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace cacheproof::engine {

/// A Dockerfile and how a build called it.
struct NamedText {
  std::string name;
  std::string text;
};

/// What bake calls a build: the name of its target. Nothing for a build that is none of several of bake's.
std::optional<std::string> bake_target(const std::filesystem::path& folder, const std::string& ref);

/// Runs a command line of the user's, `/bin/sh -c` in the context, with the clients of the round's daemon first in its
/// PATH: `buildctl`, `buildx` with a builder at that daemon, and a `docker` that is buildx. They and what buildx keeps
/// lie in `folder`, which is made anew. Nothing of the caller's is in there, and no Docker that is none of the
/// sandbox's can be reached. `refs` are the builds that the daemon began meanwhile, in their order, or why they are not
/// known: of a daemon that died meanwhile its death tells more.
struct LineRun {
  builder::BuildRun run;
  util::Result<std::vector<std::string>> refs;
};
util::Result<LineRun>
run_line(const std::string& line, CaseWorld& world, const std::filesystem::path& folder, process::RunOptions options);

/// The Dockerfile of a build that somebody else asked for: as its provenance has it, else (a failed build has none) the
/// file of that name in the context.
util::Result<NamedText> dockerfile_of(const buildkit::RawBuild& build, const std::filesystem::path& context);

} // namespace cacheproof::engine
