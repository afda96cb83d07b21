#pragma once

#include "util/result.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::toolchain {

enum class Kind {
  buildkit, ///< buildkitd and buildctl
  buildx,
  registry, ///< distribution v3
  frontend, ///< BuildKit's Dockerfile frontend as a program of its own, by BuildKit's versions
  docker,   ///< the Docker engine, with a BuildKit of its own in it
};

inline constexpr std::array k_kinds{Kind::buildkit, Kind::buildx, Kind::registry, Kind::frontend, Kind::docker};

inline constexpr std::string_view k_image = "image:"; ///< before the name of a container image that has the programs
inline bool is_image(std::string_view word) {
  return word.starts_with(k_image);
}

/// The programs of one version of a kind.
struct Kit {
  Kind kind = Kind::buildkit;
  std::string version;       ///< `v0.34.2`
  std::filesystem::path bin; ///< the folder of its programs, absolute
  std::string source;        ///< where they came from: a URL, a module, a path, `image:REF@sha256:…`
  std::filesystem::path program(std::string_view name) const { return bin / name; }
  bool operator==(const Kit&) const = default;
};

/// The versions of docker/versions.yaml, oldest first.
const std::vector<std::string>& pinned(Kind kind = Kind::buildkit);

inline constexpr std::string_view k_smoke = "smoke"; ///< the group that every change is tested with
inline constexpr std::string_view k_all = "all";     ///< all that are pinned
/// Those that docker/versions.yaml has in that group, oldest first; none of a name that is no group.
std::vector<std::string> in_group(Kind kind, std::string_view group);
/// Whether some kind has versions in a group of that name.
bool is_group(std::string_view word);
const std::string& default_version(Kind kind = Kind::buildkit);
/// The BuildKit that is built into a Docker engine, `v0.25.2`, as docker/versions.yaml has it; empty where it does not.
std::string embedded_buildkit(const std::string& docker);

/// Where programs may come from when the store does not have them.
struct Sources {
  bool release = true; ///< the file of the public project
  bool image = true;   ///< the container image, unpacked without an engine
  bool deb = true;     ///< Debian's package, unpacked and not installed
  bool module = true;  ///< the Go module, built here
};

/// Hosts that gave no answer, with the reason: they are not waited for again.
using SilentHosts = std::map<std::string, std::string>;

/// Copies share what was learnt of hosts: use one for all installs that belong together, on one thread at a time.
struct Options {
  std::function<void(std::string_view)> say; ///< hears of each source that is tried and how it ended; may be empty
  std::stop_token stop;
  Sources sources;
  /// Where the releases of all kinds lie: `BASE/vX/buildkit-vX.linux-ARCH.tar.gz`. Empty: $CACHEPROOF_RELEASES_URL,
  /// else the public project's own.
  std::string releases_url;
  /// The list of releases, as JSON. Empty: the public project's own, below $CACHEPROOF_RELEASES_API where that is set.
  std::string releases_api;
  /// How long the hosts of all sources together are given for a first answer.
  std::chrono::milliseconds patience = std::chrono::milliseconds(2500);
  std::shared_ptr<SilentHosts> silent = std::make_shared<SilentHosts>();
  std::string go_folder = "/usr/local/go/bin"; ///< looked into after the PATH
  bool verified = false;                       ///< reads what the store has in full before it is taken, and says so
};

/// The version from the store, or what it has of `image:REF`, called by what its program says; an error with the remedy
/// where it is not installed, or where its programs are not what was installed: every byte is compared whenever their
/// files are not those that were last compared.
util::Result<Kit> find(Kind kind, std::string_view version);

/// The version from the store, else from the first source that has it; what is damaged in the store is replaced. Of
/// `image:REF` the registry is asked what it means now, with the user's login, on loopback over plain HTTP.
/// Nobody ever sees a half install; whoever installs the same version meanwhile waits for this one. Afterwards the
/// store is pruned to its limit.
util::Result<Kit> install(Kind kind, std::string_view version, const Options& options = {});

/// The programs in `folder` or `folder/bin`, with the version that they say themselves.
util::Result<Kit> from_path(Kind kind, const std::filesystem::path& folder);

/// Which source serves it: `BuildKit v0.34.2: from the store (URL)`.
std::string to_line(const Kit& kit);

enum class Proof {
  whole,      ///< every program is, byte for byte, what was installed
  unrecorded, ///< nobody wrote down what was installed: the store was filled by hand
};
/// Reads the programs of an installed version and compares them with what was recorded when it was installed, and its
/// origin with docker/versions.yaml. Damage is an error with the remedy.
util::Result<Proof> verify(Kind kind, std::string_view version);

/// While one is held, nobody removes that version. It ends with the process, however that ends.
using Lease = std::shared_ptr<const void>;
/// Marks the version as used now. Empty for a kit that is not of the store, or of a store that nobody can write.
util::Result<Lease> lease(const Kit& kit);

/// Removes an installed version, also a damaged one. One that is not there or is in use is an error.
util::Status remove(Kind kind, std::string_view version);

/// The bytes of everything that is, or was about to be, installed.
std::uintmax_t store_size();
/// What the store may have at most: $CACHEPROOF_STORE_LIMIT (`5G`). Nothing without it; other text is an error.
util::Result<std::optional<std::uintmax_t>> store_limit();

struct Pruned {
  std::vector<std::string> removed; ///< `buildkit v0.11.6`
  std::uintmax_t bytes = 0;         ///< what the store still has
};
/// Removes what killed installs left, then versions that nobody uses, the least recently used first and the pinned
/// defaults last, until the store has at most that many bytes. What is in use stays, so that it may have more.
util::Result<Pruned> prune(std::uintmax_t at_most);

/// What one source has.
struct Offer {
  std::string source;                              ///< `release`, `Go module`
  util::Result<std::vector<std::string>> versions; ///< newest first; or why it cannot be asked
};
/// Asks every source for what it has: best effort, a source need not list all that it would give.
std::vector<Offer> available(Kind kind, const Options& options = {});

/// The releases that any source lists, newest first, without pre-releases. None is an error that says what was tried.
util::Result<std::vector<std::string>> released(Kind kind, const Options& options = {});

/// One version that is pinned or installed, or an image that is.
struct Entry {
  std::string version; ///< or `image:REF@sha256:…`
  bool pinned = false;
  bool is_default = false;
  std::optional<Kit> installed;
  std::string damage;       ///< why what is in the store cannot be used
  std::uintmax_t bytes = 0; ///< of what is in the store
};
/// All of a kind, oldest first, then images.
std::vector<Entry> list(Kind kind = Kind::buildkit);

} // namespace cacheproof::toolchain
