#pragma once

#include "builder/builder.hpp"
#include "buildkit/raw_build.hpp"
#include "dockerfile/dockerfile.hpp"
#include "engine/case_world.hpp"
#include "engine/keeper.hpp"
#include "engine/plan.hpp"
#include "engine/play_result.hpp"
#include "engine/run_line.hpp"
#include "evidence/case.hpp"
#include "scenario/scenario.hpp"
#include "util/result.hpp"

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::engine {

/// The play of one build of a round: what is asked for, the build, and what was seen of it. Called in this order; every
/// error is one of the rig, and then there is no verdict about the cache.
class BuildPlay {
public:
  /// What is seen goes into `seen`, streams to the keeper.
  BuildPlay(const Case& planned, CaseWorld& world, Keeper& keeper, evidence::RoundEvidence& seen)
      : planned_(planned),
        world_(world),
        keeper_(keeper),
        seen_(seen) {}

  /// Once the round's edits are made; may change the context, which is what the builds get once all are prepared.
  util::Status prepare(const scenario::Round& round);
  /// Before `build`: what its result is asked for.
  util::Status expect_result(ResultDemand demand);
  util::Status build(const std::stop_token& stop);
  /// It was ended on purpose, which is no trouble.
  void cancelled() { cancelled_ = true; }
  /// What the daemon says of the build.
  util::Status read();
  /// What came out: the last that is asked of the daemon.
  util::Status read_result(const std::stop_token& stop);
  /// The caches that it left in registries.
  util::Status read_caches(const std::stop_token& stop);

  // After `build`: the daemon's id of it, if it has one, and how the client ended.
  const std::string& ref() const { return run_.ref; }
  /// Whether a build that the daemon announces is this one, or one of its command line's; from any thread.
  bool owns(const buildkit::RawBuild& build) const { return is_of(build, buildx_builder(), seen_.entry); }
  bool timed_out() const { return run_.timed_out; }
  /// It was looked at where it hung, at whosever limit, and the daemon has ended with that.
  bool looked_at() const { return hang_.has_value(); }
  bool interrupted() const { return run_.interrupted; }
  std::string end_in_words() const { return process::to_text(run_.exit); }
  /// What its steps have done up to now, by their names; from another thread, while it builds.
  util::Result<evidence::BuildRecord> decode_so_far(const buildkit::RawBuild& events) const;

private:
  util::Status prepare_foreseen(const builder::BuildRequest& request);
  util::Status prepare_syntax(const dockerfile::Syntax& syntax, const std::string& name);
  util::Result<dockerfile::File> read_dockerfile();
  util::Status look_for_changes();
  util::Result<builder::BuildRun> run_client(const process::RunOptions& options);
  std::vector<std::string> cache_refs() const;
  builder::BuildxBuilder buildx_builder() const { return world_.buildx_builder(seen_.number, seen_.entry); }
  std::filesystem::path folder() const { return world_.build_folder(seen_.number, seen_.entry); }
  void look_at_hang();
  util::Status check_rig() const;
  util::Result<std::string> read_refusal();
  std::string driver_refusal() const;
  util::Result<evidence::BuildRecord> read_record();
  util::Result<evidence::BuildRecord> read_line_records();
  util::Status check_strangers() const;
  util::Status
  check_images(const buildkit::RawBuild& raw, const dockerfile::File& file, const std::string& target) const;
  Seat& seat() const { return world_.seat(seen_.builder); }

  const Case& planned_;
  CaseWorld& world_;
  Keeper& keeper_;
  evidence::RoundEvidence& seen_;
  const scenario::Round* round_ = nullptr; ///< once it is prepared
  builder::BuildRequest request_;          ///< of a round with `run`: nothing is asked for here
  dockerfile::File dockerfile_;            ///< by which the answer is understood
  builder::BuildRun run_;
  util::Result<StartedBuilds> started_; ///< by a command line
  bool cancelled_ = false;
  std::optional<Hang> hang_; ///< if the build had to be ended at a limit
  std::optional<ResultPlay> result_;
};

} // namespace cacheproof::engine
