#pragma once

#include "oci/image.hpp"
#include "sandbox/mirrors.hpp"
#include "sandbox/sandbox.hpp"
#include "toolchain/select.hpp"
#include "toolchain/toolchain.hpp"
#include "util/result.hpp"

#include <cstdint>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cacheproof::engine {

/// The programs a case is played with: those of one BuildKit version or one Docker engine, and what makes the base
/// image.
struct Rig {
  std::string daemon_name() const {
    return programs.kind != sandbox::DaemonKind::dockerd ? "buildkitd" : engine ? "your Docker engine" : "dockerd";
  }
  std::string version; ///< of BuildKit, as the toolchain says it; of an engine the one that is built into it
  sandbox::Programs programs;
  std::optional<sandbox::UsersEngine> engine; ///< of the user's, in the place of a dockerd among the programs
  std::filesystem::path busybox;
  std::shared_future<util::Result<oci::Layer>> base; ///< of the base image; packed when first asked for, then shared
  /// Of BuildKit, for a container of an engine; made when first asked for. Not there where none is needed.
  std::shared_future<util::Result<oci::Image>> contained;
  std::map<std::string, std::filesystem::path> buildx; ///< by version: what cases build with, or their command lines
  std::string registry; ///< `host:port` of the user's own, which then stands in for `programs.registry`
  std::shared_ptr<sandbox::ContainedRegistries> contained_registries; ///< likewise
  /// Dockerfile frontends by their versions; one that cannot be had is the trouble of the cases that serve it.
  std::map<std::string, util::Result<std::filesystem::path>> frontends;
  std::vector<std::string> own;              ///< where programs came from that the command line named so
  std::vector<toolchain::Lease> leases;      ///< nobody removes what is used from the store meanwhile
  std::shared_ptr<sandbox::Mirrors> mirrors; ///< of public registries; they run when somebody has asked
};

/// As `RigChoice` calls them.
using Rigs = std::map<std::string, Rig>;

/// What a rig is made of, as it is written on the command line.
struct RigChoice {
  /// `v0.34.2`, `path:DIR`, an engine, `docker@v28.5.2`, or one in whose containers a BuildKit is,
  /// `v0.34.2+docker@v28.5.2`.
  std::string buildkit;
  /// `process` (Debian's), `container` (of that), `container:IMAGE`, `auto` (a container where there can be one, else
  /// the process), `v3` or `v3.1.2` (distribution), `path:FILE`, a URL.
  std::string registry = "auto";
  std::vector<std::string> buildx; ///< versions; the pinned default is there, too, if the store has it
};

/// How rigs get their programs. All rigs of a run use one, on one thread at a time: what was learnt of silent hosts
/// holds for them all, and nothing is said twice.
struct Supply {
  bool offline = false;                       ///< nothing is installed: an error where something would have to be
  bool verbose = false;                       ///< also says which source served each program
  std::optional<sandbox::UsersEngine> engine; ///< every Docker engine is this one of the user's
  toolchain::OwnKits own;                     ///< they come before store and sources
  toolchain::Options install;                 ///< its `say` hears all of it
  std::set<std::string> served;               ///< what was said of that
  std::shared_ptr<sandbox::ContainedRegistries> contained_registries; ///< of all rigs; tried once
  std::optional<util::Error> no_contained_registries;                 ///< why there are none, where they need not be
  std::map<std::string, util::Error> no_frontends; ///< versions that could not be had: nothing is tried twice
};

/// Removes, or with `dry_run` only names, what killed runs left: of their sandboxes and of their mirrors. A line for
/// each.
std::vector<std::string> sweep(bool dry_run = false);

/// Where mirrors keep what they pulled: $CACHEPROOF_MIRROR_STORE, else beside the toolchains.
std::filesystem::path mirror_root();
/// What each of them may keep: $CACHEPROOF_MIRROR_LIMIT (`5G`), else 5 GB. Other text is an error.
util::Result<std::uintmax_t> mirror_limit();

/// Finds the programs, installing what is missing and saying so. A program that cannot be had is an error with its
/// remedy.
util::Result<Rig> prepare_rig(const RigChoice& choice, Supply& supply);

/// Adds Dockerfile frontends of these versions, as `frontends_of` has them. One that cannot be had is no error here,
/// but where nothing may be installed.
util::Status add_frontends(Rig& rig, const std::vector<std::string>& versions, Supply& supply);

} // namespace cacheproof::engine
