#pragma once

#include "engine/plan.hpp"
#include "evidence/case.hpp"
#include "oci/reference.hpp"
#include "scenario/scenario.hpp"
#include "util/result.hpp"

#include <vector>

namespace cacheproof::engine {

/// The images that the builds of a case read and that the sandbox does not serve, sorted: those of public registries.
/// Told from the Dockerfile as the edits leave it, round by round. An image that a base's ONBUILD names is not seen.
std::vector<oci::Reference> upstream_images(const scenario::Scenario& scenario, const scenario::Cell& cell);

/// Adds what one play pulled to what those before it did, sorted. False where a name stood for another image: the plays
/// are not equal. One that ended early has pulled less, and that is no difference.
bool add_pins(std::vector<evidence::PinnedImage>& all, const std::vector<evidence::PinnedImage>& of_a_play);

/// An error of the input that names the first case that would pull an image, and the image.
util::Status check_offline(const std::vector<Case>& cases);

} // namespace cacheproof::engine
