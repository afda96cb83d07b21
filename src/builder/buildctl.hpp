#pragma once

#include "process/command.hpp"
#include "process/process.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace cacheproof::builder {

/// What is asked of a builder: one build, with everything expanded.
struct BuildRequest {
  std::filesystem::path context;
  std::string dockerfile = "Dockerfile"; ///< relative to the context
  std::string target;                    ///< empty: the last stage
  std::vector<std::pair<std::string, std::string>> args;
  std::vector<std::string> cache_from; ///< as buildx takes them: `type=registry,ref=…`, or a bare ref for a registry
  std::vector<std::string> cache_to;
  bool no_cache = false;
  std::map<std::string, std::string> environment; ///< the whole of the client's
};

/// What the client left. No verdict and no decoding: the daemon is asked for what happened, by `ref`.
struct BuildRun {
  process::Exit exit;
  std::string log;          ///< stdout and stderr as they came
  std::string ref;          ///< the daemon's id of the build; empty: the client did not get as far as starting one
  std::string command_line; ///< can be pasted into a shell
  bool timed_out = false;   ///< it was stopped, which says nothing about the build
  bool interrupted = false;
};

/// The command line of `buildctl` for the request. Cache attributes are passed on untouched, known or not: what
/// BuildKit makes of `mod=max` is its own affair, and the point of a scenario.
process::Command buildctl_command(const std::filesystem::path& buildctl,
                                  const std::string& daemon_address,
                                  const BuildRequest& request,
                                  const std::filesystem::path& ref_file);

/// Builds and waits for the end. Only a client that could not be started is an error.
util::Result<BuildRun> build(const std::filesystem::path& buildctl,
                             const std::string& daemon_address,
                             const BuildRequest& request,
                             const std::filesystem::path& ref_file,
                             const process::RunOptions& options = {});

} // namespace cacheproof::builder
