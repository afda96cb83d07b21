#pragma once

#include "engine/schedule.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <vector>

namespace cacheproof::engine {

/// What `save_durations` wrote into the folder of runs.
util::Result<Durations> read_durations(const std::filesystem::path& folder);
/// The same; a file that cannot be read is as good as none.
Durations load_durations(const std::filesystem::path& out);

/// Writes how long the judged ones among these cases took over what the file said before. Of two runs that end at once
/// one may win: what is lost is an order of play.
util::Status save_durations(const std::filesystem::path& out, const std::vector<evidence::CaseEvidence>& played);

} // namespace cacheproof::engine
