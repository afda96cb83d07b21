#pragma once

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
};
inline constexpr std::array k_drivers{Driver::buildctl, Driver::buildx};

/// As it is written: `buildctl`, `buildx`.
std::string_view to_text(Driver driver);
std::optional<Driver> parse_driver(std::string_view text);

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
/// `version` is of buildx.
std::vector<std::string> inexpressible(Driver driver, const std::string& version, const BuildRequest& request);

/// Clears `request.scratch`, writes what the command line names there, builds at the daemon of that address and waits
/// for the end. Only a client that could not be started, or buildx without a builder, is an error. `request.home` is
/// one of `make_buildx_home`.
util::Result<BuildRun> build(const Client& client,
                             const std::string& daemon_address,
                             const BuildRequest& request,
                             const process::RunOptions& options = {});

} // namespace cacheproof::builder
