#include "engine/contained.hpp"

#include "process/libraries.hpp"

namespace cacheproof::engine {

std::string contained_image(const Rig& rig) {
  return "cacheproof/buildkit:" + rig.version;
}

util::Result<std::map<std::string, std::filesystem::path>> contained_programs(const sandbox::Programs& programs) {
  std::map<std::string, std::filesystem::path> parts{{"usr/bin/buildkitd", programs.daemon},
                                                     {"usr/bin/buildctl", programs.buildctl},
                                                     {"usr/bin/buildkit-runc", programs.runc}};
  CP_TRY_ASSIGN(const auto libraries, process::libraries(programs.runc));
  for (const auto& library : libraries) parts[library.relative_path().string()] = library;
  return parts;
}

} // namespace cacheproof::engine
