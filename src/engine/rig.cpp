#include "engine/rig.hpp"

#include "process/process.hpp"
#include "toolchain/programs.hpp"
#include "toolchain/toolchain.hpp"

#include <fmt/format.h>

#include <chrono>

namespace cacheproof::engine {
namespace {

util::Result<toolchain::Kit>
buildkit(const std::string& version, std::stop_token stop, const std::function<void(std::string_view)>& say) {
  constexpr std::string_view path = "path:";
  if (version.starts_with(path)) return toolchain::from_path(toolchain::Kind::buildkit, version.substr(path.size()));
  return toolchain::install(
      toolchain::Kind::buildkit, version, {.say = say, .stop = std::move(stop), .sources = {}, .releases_url = {}});
}

/// A runc that does not even know its version would make every RUN fail, which would look like the build's own fault.
util::Status try_out(const std::filesystem::path& runc, const std::stop_token& stop) {
  const process::Command command{{runc.string(), "--version"}, {}, {}};
  CP_TRY_ASSIGN(const auto finished,
                process::run(command, {.timeout = std::chrono::seconds(10), .stop = stop, .on_output = {}}));
  if (finished.exit.ok()) return {};
  return util::failure(fmt::format("runc does not work: {}", to_text(finished.exit)),
                       process::to_line(command),
                       "install it again: apt-get install --reinstall runc");
}

} // namespace

util::Result<Rig>
prepare_rig(const std::string& version, std::stop_token stop, const std::function<void(std::string_view)>& say) {
  Rig rig;
  // First what costs nothing to find out: nobody waits for a toolchain to hear that runc is missing.
  CP_TRY_ASSIGN(rig.programs.runc, toolchain::find_runc());
  CP_TRY(try_out(rig.programs.runc, stop));
  CP_TRY_ASSIGN(rig.programs.registry, toolchain::find_registry());
  CP_TRY_ASSIGN(rig.busybox, toolchain::find_busybox());
  CP_TRY_ASSIGN(const auto programs, buildkit(version, std::move(stop), say));
  CP_TRY_ASSIGN(rig.lease, toolchain::lease(programs));
  rig.version = programs.version;
  rig.programs.buildkitd = programs.program("buildkitd");
  rig.programs.buildctl = programs.program("buildctl");
  return rig;
}

} // namespace cacheproof::engine
