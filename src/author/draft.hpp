#pragma once

#include "author/first_edit.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::author {

/// What a new scenario asks of the cache.
enum class Template {
  edit_one_file, ///< an edit leaves a step cached
  ci_to_laptop,  ///< what one machine exports, another one imports
  two_versions,  ///< what one version exports, another one imports
  min_vs_max,    ///< what the mode of the export costs
  false_hit,     ///< the result is what a clean build makes
};

/// As the command line says it, in that order: `edit-one-file`.
std::span<const std::string_view> template_names();
std::optional<Template> template_named(std::string_view name);

/// A project of the user, and what a scenario of it is made of.
struct Draft {
  Template kind = Template::edit_one_file;
  std::string context;             ///< the project's folder, as the scenario says it
  std::vector<std::string> images; ///< that the build reads, as the Dockerfile names them
  std::vector<std::string> line;   ///< words of the user's own command, quoted as a shell reads them; empty without one
  bool has_caches = false;         ///< the line exports and imports a cache
  std::vector<std::string> steps;  ///< of the build, as claims name them
  std::optional<FirstEdit> edit;   ///< its path relative to `context`
  std::vector<std::string> versions; ///< of `two_versions`: the one that exports, the one that imports
};

/// The steps of every stage that a build of `target` needs, as claims name them: `app 2-4`; then the other stages.
std::vector<std::string> steps_of(const dockerfile::File& dockerfile, int target);

/// The title's file name: `editing_one_file`.
std::string file_name(Template kind);

/// The scenario with comments, as YAML.
std::string to_yaml(const Draft& draft);

} // namespace cacheproof::author
