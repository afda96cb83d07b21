#pragma once

#include "engine/plan.hpp"
#include "oci/reference.hpp"
#include "scenario/scenario.hpp"
#include "util/result.hpp"

#include <vector>

namespace cacheproof::engine {

/// The images that the builds of a case read and that the sandbox does not serve, sorted: those of public registries.
/// Told from the Dockerfile as the edits leave it, round by round. An image that a base's ONBUILD names is not seen.
std::vector<oci::Reference> upstream_images(const scenario::Scenario& scenario, const scenario::Cell& cell);

/// An error of the input that names the first case that would pull an image, and the image.
util::Status check_offline(const std::vector<Case>& cases);

} // namespace cacheproof::engine
