#pragma once

#include "evidence/results.hpp"
#include "util/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::report {

/// One of the places in which a run was played, and what it left.
struct Shard {
  std::string name;   ///< in words: `BuildKit v0.34.2, 1 of 3`
  std::string folder; ///< of its run, as the reader of a report finds it
  /// An error where it left nothing, or what cannot be read: never a verdict about the cache.
  util::Result<evidence::RunResults> results;
  std::vector<std::string> expected; ///< ids of the cases that it was to play, where that is known
};

/// One case of one shard: a scenario in a cell of its matrix, on a version through a driver.
struct Entry {
  evidence::CaseResult result; ///< of one that its shard never judged: broken, with the reason
  std::string shard;
  std::string row;      ///< `registry/asset_edit_rebuilds_one_stage[mode=max]`
  std::string column;   ///< `v0.34.2`, `v0.34.2+buildx@v0.36.1`, `docker@v28.5.2+buildx@v0.36.1`, `own versions`
  std::string evidence; ///< folder; empty without one
  bool judged = true;   ///< else nothing is known of it but that it should have been played
};

/// Why the whole is red although no case says so: a shard that is missing or cut off, one in which nothing was judged.
struct Trouble {
  std::string where; ///< a shard or a column
  std::string what;  ///< one sentence without a full stop
  bool operator==(const Trouble&) const = default;
};

/// The results of all shards as one. Every planned case is there, judged or not.
struct Joined {
  std::size_t shards = 0;
  std::vector<Trouble> troubles;
  std::vector<Entry> entries;       ///< red ones first, then by row and column
  std::vector<std::string> rows;    ///< each once: those with something red first, then by name
  std::vector<std::string> columns; ///< each once: by driver and version
};

/// Pure. Whatever is missing becomes a trouble, and every case that was planned and not judged is broken.
Joined join(const std::vector<Shard>& shards);

/// One for each entry, and `broken` for each trouble: what the exit code follows from.
std::vector<evidence::Verdict> verdicts(const Joined& joined);

/// Failed, stale or broken.
bool is_red(evidence::Verdict verdict);
/// Something was judged, nothing is red, and nothing is missing.
bool is_green(const Joined& joined);

/// What makes a verdict weaker, in a word or two each: `less certain` where the client alone has told it, `not proven`
/// where the engine may not have been clean.
std::vector<std::string> doubts(const evidence::CaseResult& result);

/// `2 failed, 1 broken, 40 passed (3 less certain)`, the red ones first; `nothing was played` for none.
std::string counts(const std::vector<Entry>& entries);

/// `failed`, or `failed, less certain` with its doubts.
std::string verdict_text(const evidence::CaseResult& result);
/// Why a case ended as it did, in one line: of a failure what was found first.
std::string headline(const evidence::CaseResult& result);
/// The same in full: every round that did not pass, every finding with its line of YAML, every error.
std::string why(const evidence::CaseResult& result);
/// The line that a reader should look at first: of the first finding, else of the round, else of the file.
util::SourceSpot spot_of(const evidence::CaseResult& result);

} // namespace cacheproof::report
