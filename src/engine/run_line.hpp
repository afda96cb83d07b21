#pragma once

#include "builder/builder.hpp"
#include "builder/buildx.hpp"
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

/// A command line of the user's.
struct Line {
  std::string text;
  std::filesystem::path folder;  ///< of its own, made anew: the programs that it finds
  builder::BuildxBuilder buildx; ///< that it builds with
  std::string mark;              ///< of one of several at once: what tells its builds; else empty
};

/// Whether the build `ref` was asked for by that builder.
bool buildx_asked(const builder::BuildxBuilder& buildx, const std::string& ref);
/// Whether a build, by what the daemon says of it, is one that a client or a line with that mark or that builder has
/// started.
bool is_of(const buildkit::RawBuild& build, const builder::BuildxBuilder& buildx, const std::string& mark);

/// The builds that a daemon began while a line ran, in their order.
struct StartedBuilds {
  std::vector<std::string> refs;      ///< the line's own
  std::vector<std::string> strangers; ///< beside it, of those that bear no mark
};

/// How a line ended, and what it started, or why that is not known: of a daemon that died meanwhile its death tells
/// more.
struct LineRun {
  builder::BuildRun run;
  util::Result<StartedBuilds> started;
};

/// Runs it with `/bin/sh -c` in the context, with the clients of the seat's daemon first in its PATH: `buildctl`,
/// `buildx` with a builder at that daemon, and a `docker` that is buildx; and what they need in its environment.
/// Nothing of the caller's is in there, and no Docker that is none of the case's can be reached. A Docker engine has no
/// buildctl: who calls it there is an error of what this machine cannot do.
util::Result<LineRun> run_line(const Line& line, CaseWorld& world, Seat& seat, process::RunOptions options);

/// The Dockerfile of a build that somebody else asked for: as its provenance has it, else (a failed build has none) the
/// file of that name in the context.
util::Result<NamedText> dockerfile_of(const buildkit::RawBuild& build, const std::filesystem::path& context);

} // namespace cacheproof::engine
