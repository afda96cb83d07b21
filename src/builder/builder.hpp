#pragma once

#include "builder/buildx.hpp"
#include "builder/request.hpp"
#include "process/process.hpp"
#include "util/result.hpp"

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::builder {

/// What starts a build.
enum class Driver {
  buildctl, ///< of the daemon's own version
  buildx,   ///< with its driver `remote`
  docker,   ///< buildx with its driver `docker`: the BuildKit that is built into a Docker engine
  /// The same in an engine that is told to keep its images in containerd: 26 to 28 can, 29 does by itself.
  containerd,
  container, ///< buildx with its driver `docker-container`: a buildkitd in a container of a Docker engine
};
inline constexpr std::array k_drivers{
    Driver::buildctl, Driver::buildx, Driver::docker, Driver::containerd, Driver::container};

/// As it is written: `buildctl`, `buildx`, `docker`, `docker-containerd`, `docker-container`.
std::string_view to_text(Driver driver);
std::optional<Driver> parse_driver(std::string_view text);
/// Whether it builds in an engine's own BuildKit.
bool is_engines_own(Driver driver);
/// Whether it needs a Docker engine.
bool needs_engine(Driver driver);
/// Where buildx finds the builder that it builds with.
BuildxPlace place_of(Driver driver);

/// Whose the Docker engine is that a driver needs.
enum class Engine {
  own,        ///< fresh ones of cacheproof's
  host,       ///< one of the user's, in which everything stays as it is
  disposable, ///< one of the user's, from which everything may be removed
};
inline constexpr std::array k_engines{Engine::own, Engine::host, Engine::disposable};
/// As it is written: `own`, `host`, `disposable`.
std::string_view to_text(Engine engine);

/// What starts the builds of a case, and in which versions. The command line of a `run` is what it is, and finds this
/// buildx.
struct DriverChoice {
  Driver driver = Driver::buildctl;
  std::string version; ///< of buildx; buildctl has BuildKit's
  std::string docker;  ///< of the engine, for the drivers that need one
  Engine engine = Engine::own;
  std::string embedded; ///< the BuildKit of that engine, where it alone says so
  bool operator==(const DriverChoice&) const = default;
};
/// Whether that engine keeps images, and what builds leave, in layers of its own (a graph driver) and not in
/// containerd: then it exports no cache but an inline one. So do all before 29.0 that are not told otherwise.
bool has_graph_driver(const DriverChoice& choice);
/// Whether that engine can be told to keep them in containerd (measured on 26.1.4, 27.2.0 and 28.5.2).
bool can_be_told(const std::string& docker);
/// Whether it builds in the BuildKit of an engine of the user's.
bool is_in_users_engine(const DriverChoice& choice);
/// The same in one that is emptied before every round.
bool is_wiped(const DriverChoice& choice);
/// Whether builds in that engine can be told to read an image elsewhere than where its name says (BuildKit's source
/// policies, which buildx hands on from v0.11 on; measured on 25.0.6 to 29.2.0; 20.10.24 knows of none).
bool takes_source_policy(const DriverChoice& choice);
/// Whether that engine keeps no history of its builds: what happened is told by the client alone (measured on 20.10.24;
/// from 25.0 on there is one).
bool has_no_history(const DriverChoice& choice);

/// The program that is called for a build.
struct Client {
  Driver driver = Driver::buildctl;
  std::filesystem::path program;
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

/// The keys of a request that a driver has no words for, in those of the scenario language; such a build is not begun.
std::vector<std::string> inexpressible(const DriverChoice& choice, const BuildRequest& request);

/// Clears `request.scratch`, writes what the command line names there, builds at the daemon of that address and waits
/// for the end. Only a client that could not be started, or buildx without a builder, is an error. `request.home` is
/// one of `make_buildx_home`.
util::Result<BuildRun> build(const Client& client,
                             const std::string& daemon_address,
                             const BuildRequest& request,
                             const process::RunOptions& options = {});

} // namespace cacheproof::builder
