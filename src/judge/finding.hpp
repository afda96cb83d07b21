#pragma once

#include "evidence/case.hpp"

#include <string>
#include <utility>
#include <vector>

namespace cacheproof::judge {

/// What of a claim does not hold; its line of the source is added by who has it.
inline evidence::Finding finding(std::string key,
                                 const util::SourceSpot& spot,
                                 std::string summary,
                                 std::vector<std::string> expected,
                                 std::vector<std::string> observed) {
  evidence::Finding made;
  made.expectation = std::move(key);
  made.spot = spot;
  made.summary = std::move(summary);
  made.expected = std::move(expected);
  made.observed = std::move(observed);
  return made;
}

} // namespace cacheproof::judge
