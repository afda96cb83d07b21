#pragma once

#include "util/diagnostic.hpp"

#include <string>

namespace cacheproof::scenario {

/// A string of the file and where it stands. Variables (`${registry}`) in it are still unexpanded unless said
/// otherwise.
struct Text {
  std::string value;
  util::SourceSpot spot;
  bool operator==(const Text&) const = default;
};

} // namespace cacheproof::scenario
