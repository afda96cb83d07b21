#pragma once

#include "buildkit/raw_build.hpp"
#include "process/process.hpp"
#include "util/files.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace cacheproof::golden {

/// One build of a small context, each on a daemon of its own. `@REGISTRY@` and `@FOLDER@` stand for the world's.
struct Build {
  std::map<std::string, std::string> files; ///< `Dockerfile` among them
  std::vector<std::string> options;         ///< further words of `buildctl build`
};

/// A registry with a base image `alpine` (static busybox), and daemons of one version, made one after the other. For
/// recording and for tests of the decoder: less than the sandbox that scenarios are played in, and apart from it.
class World {
public:
  static util::Result<World> create(const std::filesystem::path& programs);
  /// What the daemon says about the build, which may have failed.
  util::Result<buildkit::RawBuild> build(const Build& build);
  /// The text with the world's registry and folder in it.
  std::string expand(std::string text) const;
  const std::filesystem::path& folder() const { return folder_.path(); }

private:
  World(std::filesystem::path programs, util::TempDir folder)
      : programs_(std::move(programs)),
        folder_(std::move(folder)) {}
  util::Status start_registry();

  std::filesystem::path programs_;
  util::TempDir folder_;
  std::string registry_; ///< 127.0.0.1:PORT
  std::vector<process::Process> running_;
  int builds_ = 0;
};

} // namespace cacheproof::golden
