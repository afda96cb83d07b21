#pragma once

#include "engine/barriers.hpp"
#include "engine/case_world.hpp"
#include "engine/keeper.hpp"
#include "engine/plan.hpp"
#include "engine/play_build.hpp"
#include "evidence/case.hpp"
#include "scenario/scenario.hpp"
#include "util/result.hpp"

#include <deque>
#include <span>
#include <stop_token>
#include <vector>

namespace cacheproof::engine {

/// The play of the builds of one round: of one, or of several at once on the round's daemon. Called in this order.
class RoundPlay {
public:
  /// `seen` has a place for each of the builds.
  RoundPlay(const Case& planned,
            CaseWorld& world,
            Keeper& keeper,
            const scenario::Round& round,
            std::span<evidence::RoundEvidence> seen);

  /// Once the round's edits are made; `verify`: results are compared with a clean build, claimed or not.
  util::Status prepare(bool verify);
  /// Builds, and reads what was seen; the round's daemon ends. A build whose rig failed says so in its evidence and is
  /// none of the others' business.
  void perform(const std::stop_token& stop);

private:
  void build_at_once(const std::stop_token& stop);
  util::Status build_entry(std::size_t index, Barriers& barriers, const std::stop_token& stop);
  bool is_awaited_by_step(const std::string& entry) const;
  void look_at_hangs();
  void look_at_cancelled(std::size_t index);
  /// Does `work` with every build that is not broken.
  template <class Work> void each(Work work);

  const Case& planned_;
  CaseWorld& world_;
  const scenario::Round& round_;
  std::span<const scenario::Round> builds_;
  std::span<evidence::RoundEvidence> seen_;
  std::deque<BuildPlay> plays_;
};

} // namespace cacheproof::engine
