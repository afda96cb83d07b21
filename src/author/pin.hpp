#pragma once

#include "util/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::author {

/// A version for docker/versions.yaml, and what that file says of its contents.
struct Pin {
  std::string kind;     ///< the name of its section, `buildkit`
  std::string version;  ///< `v0.34.2`
  std::string module;   ///< `h1:…`, the sum of its Go module
  std::string buildkit; ///< that is in it, of a Docker engine; else empty
  std::string tag;      ///< the module's version, where that is another number
};

/// The text of docker/versions.yaml with each of them as the default of its kind, in the groups of the default so far,
/// which keeps what it has. One that is listed already is only made the default. Comments, order and everything else
/// stay. A text of another form is an error that names the line.
util::Result<std::string> pin(std::string_view text, const std::vector<Pin>& pins);

} // namespace cacheproof::author
