#pragma once

#include "dockerfile/dockerfile.hpp"
#include "scenario/scenario.hpp"
#include "util/diagnostic.hpp"

#include <optional>
#include <string>
#include <vector>

namespace cacheproof::lint {

/// The paths of the context that an edit gives other content, names or modes; none for a mere touch. Nothing for an
/// edit of which that is not known.
std::optional<std::vector<std::string>> edited_paths(const scenario::Edit& edit);

/// Steps that a claim calls rebuilt although no edit can reach them (moby/buildkit#1515: what was not exported with the
/// cache is built again, and such a claim would hold for the wrong reason). `edited` are the paths that changed since a
/// build whose whole cache is imported, relative to the build's context; everything else is as it was.
std::vector<util::Diagnostic> check_unchanged(const scenario::StepSet& rebuilt,
                                              const dockerfile::File& dockerfile,
                                              const std::vector<std::string>& edited,
                                              const std::vector<std::string>& source);

} // namespace cacheproof::lint
