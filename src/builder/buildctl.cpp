#include "builder/buildctl.hpp"

#include "util/csv.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <string_view>
#include <system_error>

namespace cacheproof::builder {
namespace {

/// buildctl warns of bare refs as deprecated; buildx takes an entry without any `=` for one.
std::string cache_entry(const std::string& entry) {
  return entry.find('=') == std::string::npos ? "type=registry,ref=" + entry : entry;
}

/// A named context's name among the client's folders (buildx, build/build.go): two are taken already.
std::string local_name(const std::string& name) {
  return name == "context" || name == "dockerfile" ? "_" + name : name;
}

constexpr std::string_view k_builtin_frontend = "dockerfile.v0";

using Options = std::vector<std::string>;

/// Fields of an entry `type=…,name=value`; what is no CSV is left for BuildKit to refuse.
std::vector<std::string> fields_of(const std::string& entry) {
  return util::csv_fields(entry).value_or(std::vector<std::string>{entry});
}

bool is_folder(const std::string& context) {
  return context.starts_with('/');
}

std::filesystem::path credential_file(const BuildRequest& request, std::string_view kind, std::size_t i) {
  return request.scratch / (std::string(kind) + "-" + std::to_string(i));
}

std::filesystem::path inline_dockerfile(const BuildRequest& request) {
  return request.scratch / "dockerfile" / "Dockerfile";
}

/// A field's name in small letters, and its value.
std::pair<std::string, std::string> attribute_of(const std::string& field) {
  const auto equals = std::min(field.find('='), field.size());
  return {util::lower(field.substr(0, equals)), equals < field.size() ? field.substr(equals + 1) : std::string()};
}

std::filesystem::path output_file(const BuildRequest& request, const std::string& dest) {
  return request.scratch / "output" / dest;
}

/// An output in buildctl's words (buildx, build/opt.go, toSolveOpt): `registry` is a pushed image, `cacheonly` none,
/// tags name every image. Empty: nothing comes out.
std::string output_entry(const BuildRequest& request, const std::string& entry) {
  std::vector<std::string> written;
  std::string type;
  bool pushed = false;
  for (const auto& field : fields_of(entry)) {
    const auto [name, value] = attribute_of(field);
    if (name == "type") {
      type = value == "registry" ? "image" : value;
      pushed = value == "registry";
    } else if (name == "dest" && value != "-") {
      written.push_back("dest=" + output_file(request, value).string());
    } else if (name != "name" || request.tags.empty()) {
      written.push_back(field);
    }
  }
  if (type == "cacheonly") return {};
  written.insert(written.begin(), "type=" + type);
  if (pushed) written.emplace_back("push=true");
  if (!request.tags.empty() && (type == "image" || type == "oci" || type == "docker"))
    written.push_back("name=" + util::join(request.tags, ","));
  return util::csv_line(written);
}

/// `true` asks for BuildKit's default, `false` for none (buildx, util/buildflags/attests.go).
void add_attestation(Options& options, const std::string& type, const std::string& value) {
  if (!value.empty() && value != "false") options.push_back("attest:" + type + "=" + (value == "true" ? "" : value));
}

/// The frontend's options, under the names of frontend/dockerui/config.go and with the values that buildx gives them.
Options options_of(const BuildRequest& request) {
  Options options;
  const auto add = [&](const std::string& name, const std::string& value) {
    if (!value.empty()) options.push_back(name + "=" + value);
  };
  if (!request.frontend.empty() && request.frontend != k_builtin_frontend) add("source", request.frontend);
  add("target", request.target);
  for (const auto& [key, value] : request.args) options.push_back("build-arg:" + key + "=" + value);
  for (const auto& [key, value] : request.labels) options.push_back("label:" + key + "=" + value);
  if (request.no_cache) options.emplace_back("no-cache=");
  if (!request.no_cache) add("no-cache", util::join(request.no_cache_filter, ","));
  if (request.pull) add("image-resolve-mode", "pull");
  add("platform", util::join(request.platforms, ","));
  if (request.network != "default") add("force-network-mode", request.network);
  add("shm-size", request.shm_size);
  std::vector<std::string> limits;
  for (const auto& [name, value] : request.ulimits) limits.push_back(name + "=" + value);
  add("ulimit", util::csv_line(limits));
  add("add-hosts", util::csv_line(request.extra_hosts));
  add_attestation(options, "provenance", request.provenance);
  add_attestation(options, "sbom", request.sbom);
  for (const auto& [name, value] : request.additional_contexts)
    add("context:" + name, is_folder(value) ? "local:" + local_name(name) : value);
  for (const auto& [name, value] : request.options) add(name, value);
  return options;
}

} // namespace

process::Command buildctl_command(const std::filesystem::path& buildctl,
                                  const std::string& daemon_address,
                                  const BuildRequest& request,
                                  const std::filesystem::path& ref_file) {
  // A Dockerfile outside the context is sent from its own folder, any other from the context's root as by docker build.
  std::filesystem::path folder = request.context;
  std::filesystem::path name = std::filesystem::path(request.dockerfile).lexically_normal();
  if (request.dockerfile_text) name = inline_dockerfile(request);
  if (name.is_absolute() || *name.begin() == "..") {
    folder = (request.context / name).lexically_normal().parent_path();
    name = name.filename();
  }
  process::Command command{.environment = request.environment};
  auto& argv = command.argv;
  const bool builtin = request.frontend.empty() || request.frontend == k_builtin_frontend;
  argv = {buildctl.string(), "--addr", daemon_address, "build", "--progress=plain"};
  const auto add = [&argv](const std::string& flag, const std::string& value) {
    argv.push_back(flag);
    argv.push_back(value);
  };
  const auto add_credentials = [&](const std::vector<Credential>& all, std::string_view kind, std::string_view file) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      auto words = all[i].words;
      if (all[i].text) words += std::string(file) + credential_file(request, kind, i).string();
      add("--" + std::string(kind), words);
    }
  };
  add("--frontend", builtin ? std::string(k_builtin_frontend) : "gateway.v0");
  add("--local", "context=" + request.context.string());
  add("--local", "dockerfile=" + folder.string());
  for (const auto& [name_of_context, value] : request.additional_contexts)
    if (is_folder(value)) add("--local", local_name(name_of_context) + "=" + value);
  add("--opt", "filename=" + name.string());
  for (const auto& option : options_of(request)) add("--opt", option);
  add_credentials(request.secrets, "secret", ",src=");
  add_credentials(request.ssh, "ssh", "=");
  for (const auto& right : request.entitlements) add("--allow", right);
  for (const auto& entry : request.cache_from) add("--import-cache", cache_entry(entry));
  for (const auto& entry : request.cache_to) add("--export-cache", cache_entry(entry));
  for (const auto& entry : request.output)
    if (const auto output = output_entry(request, entry); !output.empty()) add("--output", output);
  argv.insert(argv.end(), request.client_args.begin(), request.client_args.end());
  add("--ref-file", ref_file.string());
  return command;
}

std::vector<std::string> inexpressible(const BuildRequest& request) {
  std::vector<std::string> keys;
  for (const auto& [name, value] : request.additional_contexts)
    if (value.starts_with("oci-layout://")) keys.push_back("additional_contexts: {" + name + ": " + value + "}");
  return keys;
}

namespace {

util::Status prepare_scratch(const BuildRequest& request) {
  if (request.scratch.empty()) return {};
  CP_TRY(util::remove_tree(request.scratch));
  CP_TRY(util::make_directories(request.scratch));
  if (request.dockerfile_text) {
    CP_TRY(util::make_directories(inline_dockerfile(request).parent_path()));
    CP_TRY(util::write_text(inline_dockerfile(request), *request.dockerfile_text));
  }
  const auto write_credentials = [&](const std::vector<Credential>& all, std::string_view kind) -> util::Status {
    for (std::size_t i = 0; i < all.size(); ++i)
      if (all[i].text) CP_TRY(util::write_text(credential_file(request, kind, i), *all[i].text));
    return {};
  };
  CP_TRY(write_credentials(request.secrets, "secret"));
  CP_TRY(write_credentials(request.ssh, "ssh"));
  for (const auto& entry : request.output)
    for (const auto& field : fields_of(entry))
      if (const auto [name, value] = attribute_of(field); name == "dest")
        CP_TRY(util::make_directories(output_file(request, value).parent_path()));
  return {};
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

util::Result<BuildRun> build(const std::filesystem::path& buildctl,
                             const std::string& daemon_address,
                             const BuildRequest& request,
                             const std::filesystem::path& ref_file,
                             const process::RunOptions& options) {
  std::error_code error;
  std::filesystem::remove(ref_file, error); // the ref of an earlier build must not pass for this one's
  if (error) return util::failure("cannot remove " + ref_file.string() + ": " + error.message());

  CP_TRY(prepare_scratch(request));
  const auto command = buildctl_command(buildctl, daemon_address, request, ref_file);
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
  if (const auto ref = util::read_text(ref_file)) result.ref = util::trim(*ref);
  return result;
}

} // namespace cacheproof::builder
