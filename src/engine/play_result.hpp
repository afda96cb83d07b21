#pragma once

#include "builder/builder.hpp"
#include "dockerfile/dockerfile.hpp"
#include "engine/case_world.hpp"
#include "engine/keeper.hpp"
#include "engine/plan.hpp"
#include "evidence/case.hpp"
#include "scenario/scenario.hpp"
#include "util/result.hpp"

#include <future>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

namespace cacheproof::engine {

/// What the claims ask of a round's result.
struct ResultDemand {
  bool image = false;              ///< it is read at all
  bool clean = false;              ///< it is compared with a clean build
  bool as_image = false;           ///< its config or digest counts: files alone do not do
  std::set<std::string> looked_at; ///< names of files whose content is asked for
};

/// What is asked of that round's result: by its own claims, and by those of later rounds that compare theirs with it.
ResultDemand demand_of(const scenario::Scenario& scenario, const scenario::Round& round);

/// The round with the claim that its result is that of a clean build, beside its own; unless it is to fail.
scenario::Round verified(scenario::Round round, const scenario::World& world);

/// Whether what is exported after that build of the round may be what another one made of the same steps: with one
/// beside it that takes no cache (or a command line, of which nobody knows), the last result of a step is found, not
/// the build's own. What the build itself puts out is its own.
bool may_be_anothers(const scenario::Scenario& scenario, const scenario::Round& round, const scenario::Round& build);

/// Reads what came out of a round's build, and what a build without any cache makes of the same, on another daemon of
/// the same version beside the round's own. Every error is one of the rig.
///
/// The round's own build has no output for it: with one, a step whose layers are gone from the registry fails the build
/// that else would succeed, and layers are pulled that else would not be (measured on v0.11.6, v0.17.3 and v0.34.2). So
/// the result is exported by a second build on the same daemon, once the record of the first was read, which everything
/// is cached for: also with `no_cache`, for the last result of a step is the one that is found (measured likewise). It
/// keeps the cache imports, without which it would build anew what the first had from there, and exports no cache.
class ResultPlay {
public:
  ResultPlay(const Case& planned, CaseWorld& world, Keeper& keeper, evidence::RoundEvidence& seen, ResultDemand demand);
  /// Ends the clean build, if it still runs.
  ~ResultPlay();
  ResultPlay(const ResultPlay&) = delete;
  ResultPlay& operator=(const ResultPlay&) = delete;

  /// Starts the clean build and does not wait for it.
  util::Status begin(const builder::BuildRequest& request, const dockerfile::File& dockerfile);
  /// Once the record of the round's build was read, while its daemon lives.
  util::Status
  read(const builder::BuildRequest& request, const dockerfile::File& dockerfile, const std::stop_token& stop);

private:
  /// A build with an export, and what is in it.
  struct Exported {
    evidence::BuildRecord record;
    std::optional<evidence::Image> image; ///< of a build that succeeded
    std::string log;
  };
  util::Result<Exported> export_build(sandbox::Daemon& daemon,
                                      const builder::BuildRequest& request,
                                      const std::string& name,
                                      const dockerfile::File& dockerfile,
                                      const std::stop_token& stop) const;
  /// What an `output` of the build has.
  util::Result<evidence::Image> image_of(const builder::BuildRequest& request, const std::stop_token& stop) const;

  const Case& planned_;
  CaseWorld& world_;
  Keeper& keeper_;
  evidence::RoundEvidence& seen_;
  const ResultDemand demand_;
  std::stop_source stop_; ///< of the clean build
  std::unique_ptr<sandbox::Daemon> clean_daemon_;
  std::future<util::Result<Exported>> clean_;
};

} // namespace cacheproof::engine
