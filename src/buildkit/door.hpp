#pragma once

#include "buildkit/client.hpp"
#include "util/files.hpp"
#include "util/result.hpp"

#include <filesystem>

namespace cacheproof::buildkit {

/// A connection on which the Control API can be spoken. An engine that does not hand it on within some seconds is an
/// error.
util::Result<util::Fd> open_door(const std::filesystem::path& socket, Door door);

} // namespace cacheproof::buildkit
