#pragma once

#include "buildkit/provenance.hpp"
#include "buildkit/vertex.hpp"
#include "dockerfile/dockerfile.hpp"
#include "util/result.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cacheproof::buildkit {

/// A numbered instruction of the Dockerfile, for one platform, and the vertices that it became.
struct Written {
  evidence::Place place;
  int stage = 0;
  const dockerfile::Instruction* instruction = nullptr;
  bool reachable = false;
  std::vector<size_t> vertices; ///< indexes
};

/// Which vertex belongs where.
struct Places {
  std::vector<Written> written;                ///< of each platform, in the order of the file
  std::map<size_t, evidence::Place> triggered; ///< ONBUILD instructions, by vertex: no line is theirs
};

/// By the provenance's lines. Stages that the target does not need get no vertex, whatever the lines say. `platforms`
/// has an empty one where the build is not for several.
util::Result<Places> place_by_lines(const dockerfile::File& file,
                                    const std::set<int>& reachable,
                                    const std::set<std::string>& platforms,
                                    const std::vector<Vertex>& vertices,
                                    const std::map<std::string, ProvenanceOp>& ops);

/// By the names, for a failed build. A shared vertex carries one stage's label: the others find it as the first input
/// of their next step, or as the equal instruction on the same step before it.
util::Result<Places> place_by_names(const dockerfile::File& file,
                                    const std::set<int>& reachable,
                                    const std::set<std::string>& platforms,
                                    const std::vector<Vertex>& vertices);

} // namespace cacheproof::buildkit
