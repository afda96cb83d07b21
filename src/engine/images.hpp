#pragma once

#include "engine/plan.hpp"
#include "evidence/case.hpp"
#include "oci/reference.hpp"
#include "scenario/scenario.hpp"
#include "util/result.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cacheproof::engine {

/// The images that the builds of a case read and that the sandbox does not serve, sorted: those of public registries,
/// frontends and scanners among them. Told from the Dockerfile as the edits leave it, round by round: of a command
/// line, which may build whatever lies there, from all stages of `Dockerfile`, and what `setup.images` calls
/// `upstream`. An image that a base's ONBUILD names is not seen.
std::vector<oci::Reference> upstream_images(const scenario::Scenario& scenario, const scenario::Cell& cell);

/// Whether `setup.images` says where that image comes from.
bool is_listed(const scenario::Scenario& scenario, const std::string& image);

/// What the sandbox's own base images have to be for: the platforms of the case's builds and this machine's, on which
/// their tools run. None where no build names one.
std::vector<std::string> base_platforms(const scenario::Scenario& scenario, const scenario::Cell& cell);

/// The version of BuildKit whose Dockerfile frontend an image of a case is, as rigs have it.
std::string frontend_version(const scenario::Text& written, const scenario::Cell& cell);
/// Those of all images that a case serves, each once.
std::vector<std::string> frontends_of(const Case& planned);

/// The first of these images that neither the sandbox serves nor `upstream_images` tells: a build that nobody foresaw
/// reads it from its registry by itself.
std::optional<std::string> unforeseen(const Case& planned, const std::set<std::string>& images);

/// Adds what one play pulled to what those before it did, sorted. False where a name stood for another image: the plays
/// are not equal. One that ended early has pulled less, and that is no difference.
bool add_pins(std::vector<evidence::PinnedImage>& all, const std::vector<evidence::PinnedImage>& of_a_play);

/// An error of the input that names the first case that would pull an image, and the image.
util::Status check_offline(const std::vector<Case>& cases);

} // namespace cacheproof::engine
