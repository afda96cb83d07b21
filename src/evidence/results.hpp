#pragma once

#include "evidence/case.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::evidence {

/// Said wherever a verdict is that such a build led to.
inline constexpr std::string_view k_less_certain =
    "less certain: this engine keeps no history of builds, so the client alone tells what happened";

/// Likewise where nobody can say that the case began with a clean engine.
inline constexpr std::string_view k_not_proven =
    "not proven: your engine may have had something of this case before it began, for nothing is removed from it";

/// A round that did not end as it should, and why.
struct RoundResult {
  std::string name; ///< as people call it; `all plays together` for what is claimed of several
  Verdict verdict = Verdict::broken;
  util::SourceSpot spot; ///< where it is written
  std::vector<Finding> findings;
  std::vector<std::string> lint;     ///< rendered warnings about this build's own attributes
  std::optional<util::Error> broken; ///< why there is no verdict about the cache
  bool operator==(const RoundResult&) const = default;
};

/// Of a case that builds with one version what another one has exported: a place in a table of such pairs.
struct Crossing {
  std::string of; ///< the scenario, with the rest of its cell
  std::string exporter;
  std::string importer;
  std::size_t cached = 0; ///< steps of the last build that a cache answered
  std::size_t steps = 0;  ///< of those that were needed
  bool operator==(const Crossing&) const = default;
};

/// What a run says of one of its cases: the verdict and what led to it, without what was seen of each step.
struct CaseResult {
  std::string id;
  std::string title;
  std::string scenario; ///< path of the YAML file
  Verdict verdict = Verdict::broken;
  std::string reason;                ///< of a skip
  std::vector<RoundResult> rounds;   ///< those that did not pass; of several plays each once
  std::optional<util::Error> broken; ///< of a rig that failed outside any round
  bool by_client = false;            ///< the client's progress alone has told it, which is less certain
  bool not_proven = false;           ///< that the world was clean before the case
  std::optional<Crossing> crossing;  ///< where its matrix has the versions of both builders
  Nanoseconds duration = 0;
  std::string folder; ///< where its evidence lies, below the folder of the run
  bool operator==(const CaseResult&) const = default;
};

/// What one run leaves for a table of several: all cases that it was to play, and what became of them.
struct RunResults {
  std::vector<std::string> planned; ///< ids
  bool ended = false;               ///< a run that was killed says what it was to play, and nothing more
  std::vector<CaseResult> cases;    ///< empty until the run has ended
  bool operator==(const RunResults&) const = default;
};

/// The short form of a played case.
CaseResult result_of(const CaseEvidence& played, std::string folder);

/// Writes `FOLDER/results.json`, as a whole or not at all.
util::Status save(const RunResults& results, const std::filesystem::path& folder);
/// Reads such a file. One that is cut off, of another version or with a wrong type is an error that names it.
util::Result<RunResults> load_results(const std::filesystem::path& file);
/// All of them at or below `root`, sorted by path.
std::vector<std::filesystem::path> find_results(const std::filesystem::path& root);

} // namespace cacheproof::evidence
