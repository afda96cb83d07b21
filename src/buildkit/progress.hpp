#pragma once

#include "buildkit/raw_build.hpp"

#include <string>
#include <string_view>

namespace cacheproof::buildkit {

/// What a client printed of a build with `--progress=rawjson`, among other lines: objects of one line each, or of many
/// (buildx v0.12.1). It is all that there is of an engine without a history, and less than what a daemon tells: no
/// request and no provenance, and of a failed build the error of the vertex that failed, else the client's last words.
/// `ref` and `succeeded` are the client's word. Pure.
RawBuild from_progress(std::string_view printed, const std::string& ref, bool succeeded);

} // namespace cacheproof::buildkit
