#include "engine/contained.hpp"

#include "process/process.hpp"
#include "util/text.hpp"

#include <chrono>

namespace cacheproof::engine {

std::string contained_image(const Rig& rig) {
  return "cacheproof/buildkit:" + rig.version;
}

util::Result<std::map<std::string, std::filesystem::path>> contained_programs(const sandbox::Programs& programs) {
  std::map<std::string, std::filesystem::path> parts{{"usr/bin/buildkitd", programs.daemon},
                                                     {"usr/bin/buildctl", programs.buildctl},
                                                     {"usr/bin/buildkit-runc", programs.runc}};
  // `libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)`, `/lib64/ld-linux-x86-64.so.2 (0x…)`; of a static one nothing.
  const process::Command command{{"ldd", programs.runc.string()}, {}, {}};
  CP_TRY_ASSIGN(const auto told,
                process::run(command, {.timeout = std::chrono::seconds(10), .stop = {}, .on_output = {}}));
  for (const auto& line : util::lines(told.out))
    for (const auto& word : util::split(util::trim(line), ' '))
      if (word.starts_with('/')) parts[word.substr(1)] = word;
  return parts;
}

} // namespace cacheproof::engine
