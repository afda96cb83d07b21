#include "engine/request.hpp"

#include "lint/cache_attributes.hpp"

#include <algorithm>

namespace cacheproof::engine {

std::map<std::string, std::string>
variables(const scenario::Cell& cell, const std::string& registry, const std::filesystem::path& context) {
  std::map<std::string, std::string> all(cell.begin(), cell.end());
  all["registry"] = registry;
  all["context"] = context.string();
  return all;
}

builder::BuildRequest make_request(const scenario::BuildSpec& spec,
                                   const std::map<std::string, std::string>& variables,
                                   const std::filesystem::path& context) {
  const auto expanded = [&](const scenario::Text& text) { return scenario::expand(text.value, variables); };
  builder::BuildRequest request;
  request.context = context;
  if (spec.dockerfile) request.dockerfile = expanded(*spec.dockerfile);
  if (spec.target) request.target = expanded(*spec.target);
  for (const auto& [name, value] : spec.args) request.args.emplace_back(name, expanded(value));
  for (const auto& entry : spec.cache_from.value_or(std::vector<scenario::Text>{}))
    request.cache_from.push_back(expanded(entry));
  for (const auto& entry : spec.cache_to.value_or(std::vector<scenario::Text>{}))
    request.cache_to.push_back(expanded(entry));
  request.no_cache = spec.no_cache.value_or(false);
  return request;
}

std::vector<std::string> exported_refs(const builder::BuildRequest& request) {
  std::vector<std::string> refs;
  for (const auto& entry : request.cache_to)
    if (auto ref = lint::registry_ref(entry); !ref.empty() && std::find(refs.begin(), refs.end(), ref) == refs.end())
      refs.push_back(std::move(ref));
  return refs;
}

util::Result<std::vector<oci::Reference>> base_images(const scenario::Scenario& scenario) {
  std::vector<oci::Reference> images;
  for (const auto& [name, value] : scenario.images) {
    if (value.value != "busybox") continue;
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
