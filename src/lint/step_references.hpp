#pragma once

#include "dockerfile/dockerfile.hpp"
#include "scenario/scenario.hpp"
#include "util/diagnostic.hpp"

#include <string>
#include <vector>

namespace cacheproof::lint {

/// Every step reference of a round's claims that names no step of the Dockerfile, with the steps or stages that there
/// are: a misspelt one must not wait for a build to be noticed, and never passes. `platforms` are those of the build,
/// as BuildKit prints them.
std::vector<util::Diagnostic> check_references(const scenario::Expectations& expect,
                                               const dockerfile::File& dockerfile,
                                               const std::vector<std::string>& platforms,
                                               const std::vector<std::string>& source);
/// The same of references anywhere.
std::vector<util::Diagnostic> check_references(const std::vector<scenario::StepReference>& references,
                                               const dockerfile::File& dockerfile,
                                               const std::vector<std::string>& platforms,
                                               const std::vector<std::string>& source);

} // namespace cacheproof::lint
