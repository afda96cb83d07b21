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

/// What `imported` should say: `ok`, or the error of the first import that failed, without the names before it, which
/// are others in every play. Nothing where no cache was imported.
std::optional<std::string> imported_claim(const evidence::BuildRecord& record);

/// BuildKit's warnings as a list of regexes that match these texts only.
std::string warnings_claim(const evidence::BuildRecord& record);

/// In what two plays of one case differ, a line for each difference: outcomes of steps, warnings, and the layers of an
/// export of what was all built. Elsewhere their number hangs on the clock: a layer keeps times by the second, so that
/// a RUN that ran again is the same layer as the cached COPY --from of what it made before, if it ran in that second (4
/// or 5 layers, measured with all pinned versions).
std::vector<std::string> differences(const evidence::CaseEvidence& first, const evidence::CaseEvidence& second);

} // namespace cacheproof::author
