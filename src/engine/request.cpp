#include "engine/request.hpp"

#include "lint/cache_attributes.hpp"
#include "util/csv.hpp"
#include "util/platform.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <system_error>

namespace cacheproof::engine {
namespace fs = std::filesystem;
namespace {

std::string absolute(const std::string& path, const fs::path& context) {
  return path.empty() || fs::path(path).is_absolute() ? path : (context / path).string();
}

/// `id=token,src=secret.txt`: the file is one of the context, wherever the client stands.
std::string with_absolute_source(const std::string& words, const fs::path& context) {
  auto fields = util::csv_fields(words).value_or(std::vector<std::string>{words});
  const bool of_environment = std::find(fields.begin(), fields.end(), "type=env") != fields.end();
  for (auto& field : fields)
    for (const std::string name : {"src=", "source="})
      if (!of_environment && field.starts_with(name)) field = name + absolute(field.substr(name.size()), context);
  return util::csv_line(fields);
}

/// `default=key.pem,other.pem`
std::string with_absolute_keys(const std::string& words, const fs::path& context) {
  const auto equals = words.find('=');
  if (equals == std::string::npos) return words;
  auto keys = util::split(std::string_view(words).substr(equals + 1), ',');
  for (auto& key : keys)
    if (key.find('=') == std::string::npos) key = absolute(key, context);
  return words.substr(0, equals + 1) + util::join(keys, ",");
}

} // namespace

std::map<std::string, std::string> variables(const scenario::Cell& cell,
                                             const std::vector<std::string>& registries,
                                             const std::filesystem::path& context,
                                             const std::filesystem::path& local,
                                             const std::string& http) {
  std::map<std::string, std::string> all(cell.begin(), cell.end());
  for (std::size_t i = 0; i < registries.size(); ++i)
    all[i == 0 ? "registry" : "registry" + std::to_string(i + 1)] = registries[i];
  all["context"] = context.string();
  all["local"] = local.string();
  if (!http.empty()) all["http"] = http;
  return all;
}

builder::BuildRequest make_request(const scenario::BuildSpec& spec,
                                   const std::map<std::string, std::string>& variables,
                                   const std::filesystem::path& context,
                                   const std::filesystem::path& scratch) {
  const auto expanded = [&](const scenario::Text& text) { return scenario::expand(text.value, variables); };
  const auto one = [&](std::string& into, const std::optional<scenario::Text>& text) {
    if (text) into = expanded(*text);
  };
  const auto list = [&](std::vector<std::string>& into, const std::optional<std::vector<scenario::Text>>& texts) {
    for (const auto& text : texts.value_or(std::vector<scenario::Text>{})) into.push_back(expanded(text));
  };
  const auto named = [&](builder::Named& into, const scenario::Named& all) {
    for (const auto& [name, value] : all) into.emplace_back(name, expanded(value));
  };
  const auto credentials = [&](std::vector<builder::Credential>& into,
                               const std::optional<std::vector<scenario::Credential>>& all) {
    for (const auto& each : all.value_or(std::vector<scenario::Credential>{}))
      into.push_back({expanded(each.words), each.text});
  };
  builder::BuildRequest request;
  request.context = spec.context ? (context / expanded(*spec.context)).lexically_normal() : context;
  if (request.context.filename().empty()) request.context = request.context.parent_path(); // `.` leaves a slash
  request.scratch = scratch;
  one(request.dockerfile, spec.dockerfile);
  if (spec.dockerfile_inline) request.dockerfile_text = spec.dockerfile_inline->value;
  one(request.target, spec.target);
  named(request.args, spec.args);
  list(request.cache_from, spec.cache_from);
  list(request.cache_to, spec.cache_to);
  request.no_cache = spec.no_cache.value_or(false);
  list(request.no_cache_filter, spec.no_cache_filter);
  request.pull = spec.pull.value_or(false);
  list(request.platforms, spec.platforms);
  named(request.labels, spec.labels);
  credentials(request.secrets, spec.secrets);
  for (auto& each : request.secrets)
    each.words = each.text ? "id=" + each.words : with_absolute_source(each.words, context);
  credentials(request.ssh, spec.ssh);
  for (auto& each : request.ssh) each.words = with_absolute_keys(each.words, context);
  named(request.additional_contexts, spec.additional_contexts);
  for (auto& [name, value] : request.additional_contexts)
    if (value.find("://") == std::string::npos && !value.starts_with("git@"))
      value = (context / value).lexically_normal().string();
  one(request.network, spec.network);
  list(request.tags, spec.tags);
  one(request.shm_size, spec.shm_size);
  named(request.ulimits, spec.ulimits);
  list(request.extra_hosts, spec.extra_hosts);
  list(request.entitlements, spec.entitlements);
  one(request.provenance, spec.provenance);
  one(request.sbom, spec.sbom);
  list(request.output, spec.output);
  one(request.frontend, spec.frontend);
  list(request.client_args, spec.client_args);
  for (const auto& [name, value] : spec.env) request.environment[name] = expanded(value);
  // buildx hands it on, and so does buildctl from v0.13 on.
  constexpr const char* epoch = "SOURCE_DATE_EPOCH";
  if (const auto given = request.environment.find(epoch); given != request.environment.end())
    if (std::none_of(request.args.begin(), request.args.end(), [&](const auto& arg) { return arg.first == epoch; }))
      request.args.emplace_back(epoch, given->second);
  return request;
}

util::Status check_folders(const builder::BuildRequest& request, const fs::path& context) {
  auto folders = std::vector<fs::path>{request.context};
  for (const auto& [name, value] : request.additional_contexts)
    if (value.starts_with('/')) folders.emplace_back(value);
  for (const auto& folder : folders) {
    std::error_code error;
    const auto real = fs::weakly_canonical(folder, error).lexically_relative(fs::weakly_canonical(context, error));
    const auto shown = folder.lexically_relative(context).string();
    if (error || real.empty() || *real.begin() == "..")
      return util::failure(
          fmt::format("the folder '{}' of the build leads out of the context", shown), {}, {}, util::Blame::input);
    if (!fs::is_directory(folder, error))
      return util::failure(
          fmt::format("the build's folder '{}' is none of the context", shown), {}, {}, util::Blame::input);
  }
  return {};
}

std::string dockerfile_path(const builder::BuildRequest& request, const fs::path& context) {
  if (request.dockerfile_text) return {};
  const auto path = (request.context / request.dockerfile).lexically_normal();
  return context.empty() ? path.string() : path.lexically_relative(context).string();
}

std::vector<std::string> platforms_of(const builder::BuildRequest& request) {
  std::set<std::string> platforms;
  for (const auto& each : util::split(util::join(request.platforms, ","), ',')) // one of a matrix may be several
    if (!each.empty()) platforms.insert(util::normal_platform(each));
  return {platforms.begin(), platforms.end()};
}

std::vector<std::string> exported_refs(const builder::BuildRequest& request) {
  std::vector<std::string> refs;
  for (const auto& entry : request.cache_to)
    if (auto ref = lint::registry_ref(entry); !ref.empty() && std::find(refs.begin(), refs.end(), ref) == refs.end())
      refs.push_back(std::move(ref));
  return refs;
}

std::vector<std::pair<std::filesystem::path, std::string>> exported_folders(const builder::BuildRequest& request) {
  std::vector<std::pair<std::filesystem::path, std::string>> folders;
  for (const auto& entry : request.cache_to) {
    const auto attributes = lint::parse_cache_entry(entry);
    if (!attributes) continue;
    const std::map<std::string, std::string> all(attributes->begin(), attributes->end());
    const auto get = [&](const char* name) { return all.contains(name) ? all.at(name) : std::string(); };
    if (get("type") != "local" || get("dest").empty()) continue;
    folders.emplace_back(get("dest"), get("tag").empty() ? "latest" : get("tag"));
  }
  return folders;
}

util::Result<std::vector<oci::Reference>> base_images(const scenario::Scenario& scenario) {
  std::vector<oci::Reference> images;
  for (const auto& [name, value] : scenario.images) {
    if (value.kind == scenario::BaseImage::Kind::upstream) continue;
    CP_TRY_ASSIGN(auto reference, oci::parse_reference(name));
    images.push_back(std::move(reference));
  }
  return images;
}

std::vector<std::string> mirrored_hosts(const std::vector<oci::Reference>& images) {
  std::vector<std::string> hosts;
  for (const auto& image : images)
    if (std::find(hosts.begin(), hosts.end(), image.host) == hosts.end()) hosts.push_back(image.host);
  return hosts;
}

} // namespace cacheproof::engine
