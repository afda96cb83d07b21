#pragma once

#include "evidence/record.hpp"
#include "util/result.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::buildkit {

enum class OpKind { source, exec, file, merge, other, result };

/// One op of a build with what tells its place.
struct ProvenanceOp {
  evidence::Op op; ///< its lines are all that were told: those of an instruction of several lines one by one
  OpKind kind = OpKind::other;
  std::map<std::string, std::vector<int>> lines; ///< by platform, as the provenance of each tells them
};

/// The ops of a provenance by vertex digest. Reads both shapes: SLSA 0.2 (v0.11 to v0.24) and 1 (v0.28 on), and the
/// capitalised op names of v0.17.3.
util::Result<std::map<std::string, ProvenanceOp>> read_provenance(std::string_view text);

/// The text of the Dockerfile that the build was made from, as the daemon saw it; nothing when it is not told.
std::optional<std::string> read_dockerfile(std::string_view provenance);

} // namespace cacheproof::buildkit
