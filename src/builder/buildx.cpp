#include "builder/buildx.hpp"

#include "builder/scratch.hpp"
#include "process/process.hpp"
#include "util/csv.hpp"
#include "util/files.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

namespace cacheproof::builder {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds k_create_limit(20);

/// Of the builds that the builder's only node was asked for, by their ids.
fs::path states_of(const BuildxBuilder& builder) {
  return builder.config / "refs" / builder.name / (builder.name + "0");
}

/// `db=10.0.0.1` as every version takes it: up to v0.11 a colon alone divided them.
std::string with_colon(std::string host) {
  if (const auto equals = host.find('='); equals != std::string::npos) host[equals] = ':';
  return host;
}

} // namespace

util::Result<std::map<std::string, std::string>> make_buildx_builder(const fs::path& buildx,
                                                                     const BuildxBuilder& made,
                                                                     const std::string& daemon_address,
                                                                     std::map<std::string, std::string> environment,
                                                                     const std::stop_token& stop) {
  environment["BUILDX_CONFIG"] = made.config.string();
  environment["DOCKER_HOST"] = "unix://" + (made.config / "no-docker.sock").string();
  const process::Command command{
      {buildx.string(), "create", "--name", made.name, "--driver", "remote", daemon_address}, environment, {}};
  std::string said;
  CP_TRY_ASSIGN(const auto finished,
                process::run(command,
                             {.timeout = k_create_limit,
                              .stop = stop,
                              .on_output = [&](std::string_view piece) { said += piece; },
                              .before_stop = {}}));
  if (!finished.exit.ok())
    return util::failure("buildx could not be given a builder: " + to_text(finished.exit) + "\n" + said,
                         process::to_line({.argv = command.argv}), // a secret may be in the environment
                         "cacheproof toolchain verify",
                         finished.interrupted ? util::Blame::interrupted : util::Blame::rig);
  environment["BUILDX_BUILDER"] = made.name;
  return environment;
}

process::Command
buildx_command(const fs::path& buildx, const BuildRequest& request, std::map<std::string, std::string> environment) {
  process::Command command{.environment = std::move(environment)};
  auto& argv = command.argv;
  argv = {buildx.string(), "build", "--progress=plain"};
  const auto add = [&argv](const std::string& flag, const std::string& value) {
    if (value.empty()) return;
    argv.push_back(flag);
    argv.push_back(value);
  };
  const auto add_each = [&](const std::string& flag, const std::vector<std::string>& values) {
    for (const auto& value : values) add(flag, value);
  };
  const auto add_named = [&](const std::string& flag, const Named& values) {
    for (const auto& [name, value] : values) add(flag, name + "=" + value);
  };
  // From wherever the client stands; the request's path begins at the context.
  add("--file",
      (request.dockerfile_text ? inline_dockerfile(request) : request.context / request.dockerfile)
          .lexically_normal()
          .string());
  add("--target", request.target);
  add_named("--build-arg", request.args);
  add_named("--label", request.labels);
  if (request.no_cache) argv.emplace_back("--no-cache");
  if (!request.no_cache) add_each("--no-cache-filter", request.no_cache_filter);
  if (request.pull) argv.emplace_back("--pull");
  add_each("--platform", request.platforms);
  add("--network", request.network);
  add("--shm-size", request.shm_size);
  add_named("--ulimit", request.ulimits);
  for (const auto& host : request.extra_hosts) add("--add-host", with_colon(host));
  add("--provenance", request.provenance);
  add("--sbom", request.sbom);
  add_named("--build-context", request.additional_contexts);
  add_credentials(argv, request, request.secrets, "secret", ",src=");
  add_credentials(argv, request, request.ssh, "ssh", "=");
  add_each("--allow", request.entitlements);
  add_each("--cache-from", request.cache_from);
  add_each("--cache-to", request.cache_to);
  add_each("--tag", request.tags);
  for (const auto& entry : request.output) {
    auto fields = fields_of(entry);
    for (auto& field : fields) field = with_absolute_dest(request, field);
    add("--output", util::csv_line(fields));
  }
  argv.insert(argv.end(), request.client_args.begin(), request.client_args.end());
  argv.push_back(request.context.string());
  return command;
}

std::vector<std::string> unknown_to_buildx(const BuildRequest& request) {
  std::vector<std::string> keys;
  if (!request.frontend.empty() && request.frontend != k_builtin_frontend)
    keys.push_back("frontend: " + request.frontend);
  for (std::size_t i = 0; i + 1 < request.client_args.size(); ++i) // buildctl's, as a line of `docker build` has it
    if (request.client_args[i] == "--opt") keys.push_back("client_args: [--opt, " + request.client_args[i + 1] + "]");
  return keys;
}

std::vector<std::string> buildx_refs(const BuildxBuilder& builder) {
  std::vector<std::string> refs;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(states_of(builder), error)) refs.push_back(entry.path().filename());
  std::sort(refs.begin(), refs.end());
  return refs;
}

std::string bake_target(const BuildxBuilder& builder, const std::string& ref) {
  const auto text = util::read_text(states_of(builder) / ref);
  if (!text) return {};
  const auto state = nlohmann::json::parse(*text, nullptr, false);
  if (!state.is_object() || !state.contains("GroupRef") || !state.contains("Target")) return {};
  const auto& target = state.at("Target");
  return target.is_string() ? target.get<std::string>() : std::string();
}

} // namespace cacheproof::builder
