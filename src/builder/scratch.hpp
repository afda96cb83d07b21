#pragma once

#include "builder/request.hpp"
#include "process/command.hpp"
#include "util/result.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cacheproof::builder {

// What the command lines of all clients have in common: places below `BuildRequest::scratch`, and how an entry is read.

/// Clears the folder and writes the texts of the request into it.
util::Status prepare_scratch(const BuildRequest& request);

/// Where buildctl writes the daemon's id of the build.
std::filesystem::path ref_file(const BuildRequest& request);
/// The Dockerfile that is written in the request.
std::filesystem::path inline_dockerfile(const BuildRequest& request);

/// Adds `--KIND WORDS` for each, and for one with a text `field` and the file that has it.
void add_credentials(std::vector<std::string>& argv,
                     const BuildRequest& request,
                     const std::vector<Credential>& all,
                     std::string_view kind,
                     std::string_view field);

/// Fields of an entry `type=…,name=value`; what is no CSV is left for BuildKit to refuse.
std::vector<std::string> fields_of(const std::string& entry);
/// A field's name in small letters, and its value.
std::pair<std::string, std::string> attribute_of(const std::string& field);
/// The field with a `dest` below the folder, if it is one.
std::string with_absolute_dest(const BuildRequest& request, const std::string& field);

} // namespace cacheproof::builder
