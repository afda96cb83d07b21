#pragma once

#include "evidence/case.hpp"

#include <optional>
#include <string>
#include <vector>

namespace cacheproof::author {

/// Step references that name exactly these steps of one build, in the Dockerfile's order: `build-public 4-8`. Steps
/// that several stages share are named in a stage that has others too. Nothing where a step stands on no line.
std::optional<std::vector<std::string>> references(const std::vector<const evidence::Step*>& steps);

/// What `rebuilt` should say of a build, as YAML: `all`, `none`, or a list. Nothing where no claim can be made.
std::optional<std::string> rebuilt_claim(const evidence::BuildRecord& record);

/// BuildKit's warnings as a list of regexes that match these texts only.
std::string warnings_claim(const evidence::BuildRecord& record);

/// In what two plays of one case differ, a line for each difference: outcomes of steps, warnings, and the layers of an
/// export of what was all built. How many layers the export of a build has that imported others varies by itself
/// (measured with v0.17.3 and v0.34.2: 4 or 5).
std::vector<std::string> differences(const evidence::CaseEvidence& first, const evidence::CaseEvidence& second);

} // namespace cacheproof::author
