#include "builder/builder.hpp"

#include "builder/buildctl.hpp"
#include "builder/buildx.hpp"
#include "builder/scratch.hpp"
#include "util/files.hpp"
#include "util/text.hpp"
#include "util/version.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace cacheproof::builder {
namespace {

BuildxBuilder builder_of(const Client& client, const BuildRequest& request) {
  return {request.home, request.name, place_of(client.driver)};
}

/// The first engine that keeps images in containerd by default, and the first that was seen to keep a history.
const util::Version k_with_containerd{29, 0, 0, {}};
/// The first that can be told to.
const util::Version k_with_setting{26, 0, 0, {}};
const util::Version k_with_history{25, 0, 0, {}};
/// The first that was seen to obey a source policy.
const util::Version k_with_source_policy{25, 0, 0, {}};
const util::Version k_handing_on_policies{0, 11, 0, {}};

bool is_engine_before(const DriverChoice& choice, const util::Version& first) {
  const auto version = util::Version::parse(choice.docker);
  return choice.driver == Driver::docker && version && *version < first;
}

/// The client's command for the request, and what it takes.
util::Result<process::Command> command_for(const Client& client,
                                           const std::string& daemon_address,
                                           const BuildRequest& request,
                                           const process::RunOptions& options) {
  CP_TRY(prepare_scratch(request));
  if (client.driver == Driver::buildctl) return buildctl_command(client.program, daemon_address, request);
  CP_TRY_ASSIGN(
      auto environment,
      make_buildx_builder(client.program, builder_of(client, request), daemon_address, request.environment, options));
  return buildx_command(client.program, request, std::move(environment));
}

std::string ref_of(const Client& client, const BuildRequest& request) {
  if (client.driver == Driver::buildctl)
    return std::string(util::trim(util::read_text(ref_file(request)).value_or("")));
  const auto refs = buildx_refs(builder_of(client, request));
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
  switch (driver) {
  case Driver::buildx:
    return "buildx";
  case Driver::docker:
    return "docker";
  case Driver::containerd:
    return "docker-containerd";
  case Driver::container:
    return "docker-container";
  case Driver::buildctl:
    break;
  }
  return "buildctl";
}

std::string_view to_text(Engine engine) {
  switch (engine) {
  case Engine::host:
    return "host";
  case Engine::disposable:
    return "disposable";
  case Engine::own:
    break;
  }
  return "own";
}

std::optional<Driver> parse_driver(std::string_view text) {
  for (const auto driver : k_drivers)
    if (to_text(driver) == text) return driver;
  return {};
}

bool is_engines_own(Driver driver) {
  return driver == Driver::docker || driver == Driver::containerd;
}

bool needs_engine(Driver driver) {
  return is_engines_own(driver) || driver == Driver::container;
}

BuildxPlace place_of(Driver driver) {
  if (is_engines_own(driver)) return BuildxPlace::engine;
  return driver == Driver::container ? BuildxPlace::container : BuildxPlace::daemon;
}

bool has_graph_driver(const DriverChoice& choice) {
  return is_engine_before(choice, k_with_containerd);
}

bool can_be_told(const std::string& docker) {
  const auto version = util::Version::parse(docker);
  return version && !(*version < k_with_setting) && *version < k_with_containerd;
}

bool is_in_users_engine(const DriverChoice& choice) {
  return is_engines_own(choice.driver) && choice.engine != Engine::own;
}

bool is_wiped(const DriverChoice& choice) {
  return is_in_users_engine(choice) && choice.engine == Engine::disposable;
}

bool takes_source_policy(const DriverChoice& choice) {
  const auto engine = util::Version::parse(choice.docker);
  const auto buildx = util::Version::parse(choice.version);
  return engine && !(*engine < k_with_source_policy) && (!buildx || !(*buildx < k_handing_on_policies));
}

bool has_no_history(const DriverChoice& choice) {
  return is_engine_before(choice, k_with_history);
}

std::vector<std::string> inexpressible(const DriverChoice& choice, const BuildRequest& request) {
  if (choice.driver == Driver::buildctl) return unknown_to_buildctl(request);
  auto keys = unknown_to_buildx(request, choice.version);
  if (has_graph_driver(choice)) {
    auto more = unknown_to_graph_driver(request);
    std::move(more.begin(), more.end(), std::back_inserter(keys));
  }
  return keys;
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
  result.ref = ref_of(client, request);
  return result;
}

} // namespace cacheproof::builder
