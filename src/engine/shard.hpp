#pragma once

#include "engine/plan.hpp"
#include "engine/schedule.hpp"
#include "util/result.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace cacheproof::engine {

/// One of the parts in which a run is played in several places.
struct Shard {
  std::size_t number = 1; ///< from 1
  std::size_t of = 1;
};

/// More would be no parts that somebody plays.
inline constexpr std::size_t k_most_shards = 256;

/// `2/3`. Other text, and a number that the parts do not have, is an error of usage.
util::Result<Shard> parse_shard(std::string_view text);

/// The cases of one shard, in their order. Each case is in exactly one, and all shards of a run agree on which, if they
/// were given the same cases and durations. The longest are dealt first, each to the shard that has least; one that was
/// played on another version only is taken for as long as there. One that nobody has played is dealt by its id, so that
/// a scenario that is added moves no other.
std::vector<Case> of_shard(const std::vector<Case>& cases, const Shard& shard, const Durations& durations);

} // namespace cacheproof::engine
