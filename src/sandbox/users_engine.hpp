#pragma once

#include "sandbox/daemon.hpp"
#include "util/files.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::sandbox {

/// A Docker engine of the user's, on this machine, that runs already: the one that the caller's `docker` reaches.
struct UsersEngine {
  std::string version;  ///< as it says it: `28.5.2`, `20.10.24+dfsg1`
  std::string buildkit; ///< of the one in it, as that says it; empty where it does not
  std::filesystem::path socket;
  bool images_in_containerd = false;
};
/// The one that DOCKER_HOST or docker's context names. None that answers within five seconds is an error, and one that
/// is not behind a unix socket, or whose 127.0.0.1 is not this machine's.
util::Result<UsersEngine> users_engine(const std::stop_token& stop);

/// Keeps others from wiping it for as long as it is held, and who means to wipe it, alone, from all others; waits while
/// another run is in the way, and says so.
util::Result<util::Fd> hold_engine(const UsersEngine& engine,
                                   bool alone,
                                   const std::function<void(std::string_view)>& say,
                                   const std::stop_token& stop);

/// Removes what the user's engine has: stopped containers, images, builds and their cache; all but the containers of
/// cacheproof's registries and their images. What is left then, as a container that runs keeps its image, is an error.
util::Status wipe_engine(const UsersEngine& engine, Daemon& daemon, const std::stop_token& stop);

/// Has a container that ends with the engine stay ended: buildx makes it one that is started again.
util::Status let_end(const UsersEngine& engine, const std::string& container);

/// What a sandbox makes in the user's engine, where buildx and builds make it.
enum class Made {
  container,
  volume,
  image,
  images, ///< all that say by k_label that they belong to the folder of this name
};
/// Writes that down in the sandbox's folder, before it is made: whoever finds the folder finds that, too.
util::Status
note_made(const std::filesystem::path& folder, const UsersEngine& engine, Made what, const std::string& name);
/// What was written down there, in words.
std::vector<std::string> made_in_engine(const std::filesystem::path& folder);
/// Removes it and forgets what was removed. What is not there any more is no error; that the engine is
/// not there is one, as far as it may come back with more than images.
util::Status remove_made(const std::filesystem::path& folder);

} // namespace cacheproof::sandbox
