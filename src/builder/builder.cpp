#include "builder/builder.hpp"

#include "builder/buildctl.hpp"
#include "builder/buildx.hpp"
#include "builder/scratch.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <utility>

namespace cacheproof::builder {
namespace {

/// The client's command for the request, and what it takes.
util::Result<process::Command> command_for(const Client& client,
                                           const std::string& daemon_address,
                                           const BuildRequest& request,
                                           const process::RunOptions& options) {
  CP_TRY(prepare_scratch(request));
  if (client.driver == Driver::buildctl) return buildctl_command(client.program, daemon_address, request);
  CP_TRY_ASSIGN(
      auto environment,
      make_buildx_builder(client.program, {request.home, request.name}, daemon_address, request.environment, options));
  return buildx_command(client.program, request, std::move(environment));
}

std::string ref_of(Driver driver, const BuildRequest& request) {
  if (driver == Driver::buildctl) return std::string(util::trim(util::read_text(ref_file(request)).value_or("")));
  const auto refs = buildx_refs({request.home, request.name});
  return refs.empty() ? std::string() : refs.front();
}

/// The command as it may be shown: of a variable that a secret is read from only the name.
std::string shown(process::Command command, const BuildRequest& request) {
  for (const auto& secret : request.secrets)
    for (const auto& field : fields_of(secret.words))
      if (const auto [name, value] = attribute_of(field);
          name == "env" || name == "id" || name == "src" || name == "source")
        if (const auto variable = command.environment->find(value); variable != command.environment->end())
          variable->second = "***";
  return process::to_line(command);
}

} // namespace

std::string_view to_text(Driver driver) {
  return driver == Driver::buildctl ? "buildctl" : "buildx";
}

std::optional<Driver> parse_driver(std::string_view text) {
  for (const auto driver : k_drivers)
    if (to_text(driver) == text) return driver;
  return {};
}

std::vector<std::string> inexpressible(Driver driver, const std::string& version, const BuildRequest& request) {
  return driver == Driver::buildctl ? unknown_to_buildctl(request) : unknown_to_buildx(request, version);
}

util::Result<BuildRun> build(const Client& client,
                             const std::string& daemon_address,
                             const BuildRequest& request,
                             const process::RunOptions& options) {
  const auto command_or = command_for(client, daemon_address, request, options);
  if (!command_or && command_or.error().blame == util::Blame::interrupted)
    return BuildRun{.command_line = command_or.error().tried, .interrupted = true};
  CP_TRY(command_or);
  const auto& command = *command_or;
  BuildRun result{.command_line = shown(command, request)};
  auto capture = options;
  capture.on_output = [&](std::string_view piece) {
    result.log += piece;
    if (options.on_output) options.on_output(piece);
  };
  auto finished_or = process::run(command, capture);
  if (!finished_or) {
    finished_or.error().tried = result.command_line;
    return tl::unexpected(std::move(finished_or).error());
  }
  const auto& finished = *finished_or;
  result.exit = finished.exit;
  result.timed_out = finished.timed_out;
  result.interrupted = finished.interrupted;
  result.ref = ref_of(client.driver, request);
  return result;
}

} // namespace cacheproof::builder
