#pragma once

#include "process/command.hpp"
#include "process/process.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cacheproof::builder {

using Named = std::vector<std::pair<std::string, std::string>>;

/// A secret or a key for SSH: the client's own words, and a content that is to be kept in a file for it.
struct Credential {
  std::string words;
  std::optional<std::string> text;
};

/// What is asked of a builder: one build, with everything expanded and every path absolute. What is empty is not asked.
struct BuildRequest {
  std::filesystem::path context;
  std::string dockerfile = "Dockerfile";      ///< relative to the context
  std::optional<std::string> dockerfile_text; ///< in its place
  std::string target;                         ///< empty: the last stage
  Named args;
  std::vector<std::string> cache_from; ///< as buildx takes them: `type=registry,ref=…`, or a bare ref for a registry
  std::vector<std::string> cache_to;
  bool no_cache = false;
  std::vector<std::string> no_cache_filter; ///< stages
  bool pull = false;
  std::vector<std::string> platforms;
  Named labels;
  std::vector<Credential> secrets;
  std::vector<Credential> ssh;
  Named additional_contexts; ///< name → absolute folder, or an address with a scheme
  std::string network;
  std::vector<std::string> tags;        ///< names of what `output` makes
  std::string shm_size;                 ///< bytes
  Named ulimits;                        ///< name → `soft:hard`
  std::vector<std::string> extra_hosts; ///< `name=address`
  std::vector<std::string> entitlements;
  std::string provenance; ///< `true`, `false` or attributes, as buildx takes them
  std::string sbom;
  std::vector<std::string> output; ///< as buildx takes them; a `dest` is relative to `scratch`/output
  std::string frontend;            ///< `dockerfile.v0` or an image
  std::vector<std::string> client_args;
  std::map<std::string, std::string> options;     ///< further ones of the frontend, by name
  std::map<std::string, std::string> environment; ///< the whole of the client's
  std::filesystem::path scratch; ///< a folder of the build's own, for what it needs and makes outside of the context
};

/// What the client left. No verdict and no decoding: the daemon is asked for what happened, by `ref`.
struct BuildRun {
  process::Exit exit;
  std::string log;          ///< stdout and stderr as they came
  std::string ref;          ///< the daemon's id of the build; empty: the client did not get as far as starting one
  std::string command_line; ///< can be pasted into a shell, but for the values of secrets: `TOKEN=***`
  bool timed_out = false;   ///< it was stopped, which says nothing about the build
  bool interrupted = false;
};

/// The command line of `buildctl` for the request. Cache attributes are passed on untouched, known or not: what
/// BuildKit makes of `mod=max` is its own affair, and the point of a scenario.
process::Command buildctl_command(const std::filesystem::path& buildctl,
                                  const std::string& daemon_address,
                                  const BuildRequest& request,
                                  const std::filesystem::path& ref_file);

/// The keys of a request that `buildctl` has no words for, in those of the scenario language; such a build is not
/// begun.
std::vector<std::string> inexpressible(const BuildRequest& request);

/// Clears `scratch`, writes what the command line names there, builds and waits for the end. Only a client that could
/// not be started is an error.
util::Result<BuildRun> build(const std::filesystem::path& buildctl,
                             const std::string& daemon_address,
                             const BuildRequest& request,
                             const std::filesystem::path& ref_file,
                             const process::RunOptions& options = {});

} // namespace cacheproof::builder
