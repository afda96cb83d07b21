#pragma once

#include "evidence/record.hpp"

#include <set>
#include <string>
#include <vector>

namespace cacheproof::judge {

/// Which steps of a build may have made a layer, by what the image's history says of it: `RUN /bin/sh -c make #
/// buildkit`.
struct Makers {
  std::vector<const evidence::Step*> steps; ///< those whose instruction it is; empty where none can be told
  /// Whether neither they nor any step below them ran in this build; where none can be told, whether no step did.
  bool cached = false;
};
Makers makers_of(const std::string& created_by, const evidence::BuildRecord& record);

/// Whether one of the steps is a maker or below one; never where none can be told.
bool stand_on(const Makers& makers, const std::set<const evidence::Step*>& steps, const evidence::BuildRecord& record);

/// Whether the step ran and is a COPY from the build context.
bool copied_context(const evidence::Step& step);

} // namespace cacheproof::judge
