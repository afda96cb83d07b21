#pragma once

#include "builder/request.hpp"
#include "oci/reference.hpp"
#include "scenario/scenario.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace cacheproof::engine {

/// What `${…}` stands for in one case.
/// Of the registries the first is `${registry}`, the next `${registry2}`; `local` is a folder for local caches, `http`
/// the address of the file server, if there is one.
std::map<std::string, std::string> variables(const scenario::Cell& cell,
                                             const std::vector<std::string>& registries,
                                             const std::filesystem::path& context,
                                             const std::filesystem::path& local = {},
                                             const std::string& http = {});

/// A round's build with every variable expanded: the only place where a scenario becomes a request to a builder.
/// `context` is the scenario's, `scratch` a folder for what lies outside of it. The build's `env` is the whole
/// environment yet: a sandbox has more.
builder::BuildRequest make_request(const scenario::BuildSpec& spec,
                                   const std::map<std::string, std::string>& variables,
                                   const std::filesystem::path& context,
                                   const std::filesystem::path& scratch = {});

/// Whether every folder that the request sends lies in the scenario's context, links followed. An error of the input.
util::Status check_folders(const builder::BuildRequest& request, const std::filesystem::path& context);

/// Where the request's Dockerfile lies in the scenario's context; empty for one that is written in the scenario.
std::string dockerfile_path(const builder::BuildRequest& request, const std::filesystem::path& context);

/// The platforms of the request as BuildKit prints them, sorted; none for the daemon's own.
std::vector<std::string> platforms_of(const builder::BuildRequest& request);

/// The registry refs that a request exports its cache to.
std::vector<std::string> exported_refs(const builder::BuildRequest& request);

/// The folders that a request exports its cache to (`type=local`), each with its tag there.
std::vector<std::pair<std::filesystem::path, std::string>> exported_folders(const builder::BuildRequest& request);

/// The names under `setup.images` that the sandbox serves, parsed.
util::Result<std::vector<oci::Reference>> base_images(const scenario::Scenario& scenario);

/// The registries whose names those images have: the sandbox registry stands in for them.
std::vector<std::string> mirrored_hosts(const std::vector<oci::Reference>& images);

} // namespace cacheproof::engine
