#pragma once

#include "util/diagnostic.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::evidence {

/// How a round or a case ended. `broken` says that the rig failed: it is never a statement about the cache.
enum class Verdict { passed, failed, known, stale, skipped, broken };

std::string_view to_text(Verdict verdict);

/// One observed difference from one expectation, at the YAML line that made the claim.
struct Finding {
  std::string expectation; ///< its key: `rebuilt`, `exported.layers`
  util::SourceSpot spot;
  std::string source_line;             ///< the YAML line
  std::string summary;                 ///< one sentence
  std::vector<std::string> expected;   ///< in words, e.g. step labels
  std::vector<std::string> observed;   ///< in words
  std::vector<std::string> unexpected; ///< observed but not expected: misses, for `rebuilt`
  std::vector<std::string> missing;    ///< expected but not observed: suspected false hits, for `rebuilt`
  std::vector<std::string>
      tree; ///< of two file systems, a line for each path that differs: `- ` expected, `+ ` observed
  bool operator==(const Finding&) const = default;
};

void to_json(nlohmann::json& json, const Finding& finding);
void from_json(const nlohmann::json& json, Finding& finding);

} // namespace cacheproof::evidence
