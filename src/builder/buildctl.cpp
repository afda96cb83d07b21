#include "builder/buildctl.hpp"

#include "builder/scratch.hpp"
#include "util/csv.hpp"
#include "util/text.hpp"

#include <string_view>

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

using Options = std::vector<std::string>;

bool is_folder(const std::string& context) {
  return context.starts_with('/');
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
    } else if (name != "name" || request.tags.empty()) {
      written.push_back(with_absolute_dest(request, field));
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
  add(std::string(k_mark), request.mark);
  return options;
}

} // namespace

process::Command buildctl_command(const std::filesystem::path& buildctl,
                                  const std::string& daemon_address,
                                  const BuildRequest& request) {
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
  add("--frontend", builtin ? std::string(k_builtin_frontend) : "gateway.v0");
  add("--local", "context=" + request.context.string());
  add("--local", "dockerfile=" + folder.string());
  for (const auto& [name_of_context, value] : request.additional_contexts)
    if (is_folder(value)) add("--local", local_name(name_of_context) + "=" + value);
  add("--opt", "filename=" + name.string());
  for (const auto& option : options_of(request)) add("--opt", option);
  add_credentials(argv, request, request.secrets, "secret", ",src=");
  add_credentials(argv, request, request.ssh, "ssh", "=");
  for (const auto& right : request.entitlements) add("--allow", right);
  for (const auto& entry : request.cache_from) add("--import-cache", cache_entry(entry));
  for (const auto& entry : request.cache_to) add("--export-cache", cache_entry(entry));
  for (const auto& entry : request.output)
    if (const auto output = output_entry(request, entry); !output.empty()) add("--output", output);
  argv.insert(argv.end(), request.client_args.begin(), request.client_args.end());
  add("--ref-file", ref_file(request).string());
  return command;
}

std::vector<std::string> unknown_to_buildctl(const BuildRequest& request) {
  std::vector<std::string> keys;
  for (const auto& [name, value] : request.additional_contexts)
    if (value.starts_with("oci-layout://")) keys.push_back("additional_contexts: {" + name + ": " + value + "}");
  return keys;
}

} // namespace cacheproof::builder
