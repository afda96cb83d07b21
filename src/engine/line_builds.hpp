#pragma once

#include "evidence/record.hpp"

#include <string>
#include <vector>

namespace cacheproof::engine {

/// One of the builds that a command line started: how it is called beside others, and what it did.
struct LineBuild {
  std::string name;
  evidence::BuildRecord record;
};

/// What they did, as one record. Where there are several, every step says its build: by its name, the second of the
/// same name as `app#2`. Pure; there is one at least.
evidence::BuildRecord together(std::vector<LineBuild> builds);

} // namespace cacheproof::engine
