#pragma once

#include "scenario/scenario.hpp"

#include <memory>
#include <string>

namespace cacheproof::engine {

/// Whether a scenario's builds choose their Dockerfile frontend themselves: by a key, a command line, or an image that
/// the sandbox serves as one.
bool chooses_frontend(const scenario::Scenario& scenario);

/// The scenario as all its builds are asked for with that frontend: BuildKit's of a version, which the sandbox serves,
/// or `image:REF`. Empty: as it is written. The build argument BUILDKIT_SYNTAX names it: every client has words for it,
/// it comes before a `# syntax=` line (frontend/dockerfile/builder/build.go), and is in no cache key (measured on
/// v0.11.6, v0.17.3, v0.34.2 and in engines).
std::shared_ptr<const scenario::Scenario> with_frontend(std::shared_ptr<const scenario::Scenario> written,
                                                        const std::string& frontend);

/// `v0.34.2`, `docker/dockerfile:1.9`: what the id of a case calls it.
std::string shown_frontend(const std::string& frontend);

} // namespace cacheproof::engine
