#pragma once

#include "builder/request.hpp"
#include "process/command.hpp"
#include "process/process.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace cacheproof::builder {

enum class BuildxPlace {
  daemon, ///< a buildkitd: a builder is made for each build
  /// A Docker engine's own, which buildx calls `default` in every configuration: each build has a configuration of its
  /// own.
  engine,
  /// A container of an engine, made once by `make_buildx_container`: each build has a configuration of its own with
  /// that in it.
  container,
};

/// By which alone buildx reaches a daemon.
struct BuildxBuilder {
  std::filesystem::path config; ///< below which buildx keeps all that it knows
  std::string name;
  BuildxPlace place = BuildxPlace::daemon;
};

/// What a container of BuildKit is made of: an image that the engine can pull, and a buildkitd.toml.
struct BuildxContainer {
  std::string name; ///< of buildx's builder, in small letters: no other container of that engine has it
  std::string image;
  std::filesystem::path config;
  std::string cgroup; ///< that it is put under; empty: buildx's own, /docker/buildx, which stays
};
/// What the engine calls the container of that builder, and the volume with its state.
std::string container_of(const std::string& builder);
std::string volume_of(const std::string& builder);
/// Makes it on the engine of that address, `unix://FOLDER/s.sock`, and keeps in that folder what buildx knows of it.
util::Status make_buildx_container(const std::filesystem::path& buildx,
                                   const BuildxContainer& made,
                                   const std::string& engine_address,
                                   std::map<std::string, std::string> environment,
                                   const process::RunOptions& options);

/// Makes a builder for the daemon of that address, within the stop request and the last look of `options`. Gives the
/// client's environment with what leads to that builder and to no Docker of the machine.
util::Result<std::map<std::string, std::string>> make_buildx_builder(const std::filesystem::path& buildx,
                                                                     const BuildxBuilder& made,
                                                                     const std::string& daemon_address,
                                                                     std::map<std::string, std::string> environment,
                                                                     const process::RunOptions& options);

/// Makes the folder in which buildx keeps what it knows, with who it is: builds that begin at once would each make that
/// up (its util/confutil/config.go). By that, and the name of the context's folder, a daemon knows what it was sent
/// before (build/build.go: SharedKey), and is not sent again what has the size and the time of what it has.
util::Status make_buildx_home(const std::filesystem::path& config, const std::string& who);

/// The command line of `buildx build` for the request, with that environment. Cache attributes are passed on untouched.
process::Command buildx_command(const std::filesystem::path& buildx,
                                const BuildRequest& request,
                                std::map<std::string, std::string> environment);

/// What `inexpressible` says of an engine with a graph driver.
std::vector<std::string> unknown_to_graph_driver(const BuildRequest& request);
/// What `inexpressible` says of `buildx` in that version.
std::vector<std::string> unknown_to_buildx(const BuildRequest& request, const std::string& version);

/// The daemon's ids of the builds that were asked for by that builder, sorted (its localstate/localstate.go, from v0.11
/// on).
std::vector<std::string> buildx_refs(const BuildxBuilder& builder);
/// What bake calls a build: the name of its target. Empty for a build that is none of several of bake's.
std::string bake_target(const BuildxBuilder& builder, const std::string& ref);

} // namespace cacheproof::builder
