#include "builder/buildx.hpp"

#include "builder/scratch.hpp"
#include "process/process.hpp"
#include "util/csv.hpp"
#include "util/files.hpp"
#include "util/text.hpp"
#include "util/version.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

namespace cacheproof::builder {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds k_create_limit(20);
constexpr std::chrono::seconds k_bootstrap_limit(60); // measured: 1 s
/// The first with several outputs of one build: v0.12.1 says `multiple outputs currently unsupported`.
const util::Version k_several_outputs{0, 13, 0, {}};

constexpr const char* k_of_engine = "default";   // the builder, and its node
constexpr const char* k_who = ".buildNodeID";    // in BUILDX_CONFIG
constexpr const char* k_instances = "instances"; // below BUILDX_CONFIG: a file for each builder that was made

/// BUILDX_CONFIG
fs::path config_of(const BuildxBuilder& builder) {
  return builder.place == BuildxPlace::daemon ? builder.config : builder.config / builder.name;
}

/// The only builder that was made there; empty where there is none.
std::string made_in(const fs::path& config) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(config / k_instances, error)) return entry.path().filename();
  return {};
}

/// Of the builds that the builder's only node was asked for, by their ids.
fs::path states_of(const BuildxBuilder& builder) {
  const auto refs = config_of(builder) / "refs";
  if (builder.place == BuildxPlace::engine) return refs / k_of_engine / k_of_engine;
  const auto name = builder.place == BuildxPlace::container ? made_in(config_of(builder)) : builder.name;
  return refs / name / (name + "0");
}

/// As BuildKit's identity/randomid.go makes them; a file that is being written has another name.
bool is_id(const std::string& name) {
  return name.size() == 25 && name.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz") == name.npos;
}

/// `db=10.0.0.1` as every version takes it: up to v0.11 a colon alone divided them.
std::string with_colon(std::string host) {
  if (const auto equals = host.find('='); equals != std::string::npos) host[equals] = ':';
  return host;
}

/// Beside the socket of an engine.
fs::path config_in(const std::string& engine_address) {
  constexpr std::string_view scheme = "unix://";
  return fs::path(engine_address.substr(scheme.size())).parent_path() / "buildx";
}

/// Has buildx make a builder.
util::Status create(std::vector<std::string> argv,
                    const std::map<std::string, std::string>& environment,
                    std::chrono::seconds limit,
                    const process::RunOptions& options) {
  const process::Command command{std::move(argv), environment, {}};
  const auto tried = process::to_line({.argv = command.argv}); // a secret may be in the environment
  std::string said;
  const auto finished = process::run(command,
                                     {.timeout = limit,
                                      .stop = options.stop,
                                      .on_output = [&](std::string_view piece) { said += piece; },
                                      .before_stop = options.before_stop});
  if (!finished) return util::failure(finished.error().what, tried, finished.error().remedy);
  if (finished->exit.ok()) return {};
  return util::failure("buildx could not be given a builder: " + to_text(finished->exit) + "\n" + said,
                       tried,
                       "cacheproof toolchain verify",
                       finished->interrupted ? util::Blame::interrupted : util::Blame::rig);
}

/// A line of `docker build` has what is no key in buildctl's words, one of which buildx has too.
std::vector<std::string> in_words_of_buildx(std::vector<std::string> words) {
  const std::string parent = "cgroup-parent=";
  for (std::size_t i = 0; i + 1 < words.size(); ++i)
    if (words[i] == "--opt" && words[i + 1].starts_with(parent)) {
      words[i] = "--cgroup-parent";
      words[i + 1].erase(0, parent.size());
    }
  return words;
}

} // namespace

util::Result<std::map<std::string, std::string>> make_buildx_builder(const fs::path& buildx,
                                                                     const BuildxBuilder& made,
                                                                     const std::string& daemon_address,
                                                                     std::map<std::string, std::string> environment,
                                                                     const process::RunOptions& options) {
  environment["BUILDX_CONFIG"] = config_of(made).string();
  if (made.place != BuildxPlace::daemon) {
    CP_TRY_ASSIGN(const auto who, util::read_text(made.config / k_who));
    CP_TRY(make_buildx_home(config_of(made), who));
    environment["DOCKER_HOST"] = daemon_address;
    environment["BUILDX_BUILDER"] = k_of_engine;
    if (made.place == BuildxPlace::engine) return environment;
    const auto name = made_in(config_in(daemon_address));
    environment["BUILDX_BUILDER"] = name;
    std::error_code error;
    fs::create_directories(config_of(made) / k_instances, error);
    fs::copy_file(config_in(daemon_address) / k_instances / name,
                  config_of(made) / k_instances / name,
                  fs::copy_options::overwrite_existing,
                  error);
    if (error) return util::failure("buildx cannot be told of its container: " + error.message());
    return environment;
  }
  environment["DOCKER_HOST"] = "unix://" + (made.config / "no-docker.sock").string();
  CP_TRY(create({buildx.string(), "create", "--name", made.name, "--driver", "remote", daemon_address},
                environment,
                k_create_limit,
                options));
  environment["BUILDX_BUILDER"] = made.name;
  return environment;
}

std::string container_of(const std::string& builder) {
  return "buildx_buildkit_" + builder + "0";
}

std::string volume_of(const std::string& builder) {
  return container_of(builder) + "_state";
}

util::Status make_buildx_container(const fs::path& buildx,
                                   const BuildxContainer& made,
                                   const std::string& engine_address,
                                   std::map<std::string, std::string> environment,
                                   const process::RunOptions& options) {
  const auto config = config_in(engine_address);
  CP_TRY(make_buildx_home(config, made.name)); // nothing is built from there
  environment["BUILDX_CONFIG"] = config.string();
  environment["DOCKER_HOST"] = engine_address;
  return create(
      {buildx.string(),
       "create",
       "--name",
       made.name,
       "--driver",
       "docker-container",
       "--driver-opt",
       fmt::format("image={},network=host{}", made.image, made.cgroup.empty() ? "" : ",cgroup-parent=" + made.cgroup),
       "--config", // which newer ones call --buildkitd-config, too
       made.config.string(),
       "--bootstrap"},
      environment,
      k_bootstrap_limit,
      options);
}

process::Command
buildx_command(const fs::path& buildx, const BuildRequest& request, std::map<std::string, std::string> environment) {
  process::Command command{.environment = std::move(environment)};
  auto& argv = command.argv;
  argv = {buildx.string(), "build", request.raw_progress ? "--progress=rawjson" : "--progress=plain"};
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
  for (const auto& word : in_words_of_buildx(request.client_args)) argv.push_back(word);
  argv.push_back(request.context.string());
  return command;
}

std::vector<std::string> unknown_to_buildx(const BuildRequest& request, const std::string& version) {
  std::vector<std::string> keys;
  if (!request.frontend.empty() && request.frontend != k_builtin_frontend)
    keys.push_back("frontend: " + request.frontend);
  const auto parsed = util::Version::parse(version);
  if (request.output.size() > 1 && parsed && *parsed < k_several_outputs)
    keys.push_back(fmt::format("output: [{}], which {} takes one of", util::join(request.output, ", "), version));
  const auto words = in_words_of_buildx(request.client_args);
  for (std::size_t i = 0; i < words.size(); ++i)
    if (words[i] == "--opt" || words[i].starts_with("--opt="))
      keys.push_back(fmt::format("client_args: [{}]",
                                 util::join({words.begin() + static_cast<std::ptrdiff_t>(i), words.end()}, ", ")));
  return keys;
}

std::vector<std::string> unknown_to_graph_driver(const BuildRequest& request) {
  std::vector<std::string> keys;
  const auto type_of = [](const std::string& entry) {
    for (const auto& field : fields_of(entry))
      if (const auto [name, value] = attribute_of(field); name == "type") return value;
    return std::string();
  };
  for (const auto& entry : request.cache_to)
    if (type_of(entry) != "inline") keys.push_back(fmt::format("cache_to: {}", entry));
  for (const auto& entry : request.output)
    if (type_of(entry) == "oci") keys.push_back(fmt::format("output: {}", entry));
  if (request.platforms.size() > 1) keys.push_back(fmt::format("platforms: [{}]", util::join(request.platforms, ", ")));
  if (is_asked(request.provenance)) keys.push_back("provenance: " + request.provenance);
  if (is_asked(request.sbom)) keys.push_back("sbom: " + request.sbom);
  return keys;
}

std::vector<std::string> buildx_refs(const BuildxBuilder& builder) {
  std::vector<std::string> refs;
  std::error_code error;
  for (fs::directory_iterator state(states_of(builder), error), end; !error && state != end; state.increment(error))
    if (const auto name = state->path().filename().string(); is_id(name)) refs.push_back(name);
  std::sort(refs.begin(), refs.end());
  return refs;
}

util::Status make_buildx_home(const fs::path& config, const std::string& who) {
  CP_TRY(util::make_directories(config));
  return util::write_text(config / k_who, who);
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
