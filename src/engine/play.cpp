#include "engine/play.hpp"

#include "engine/actions.hpp"
#include "engine/builders.hpp"
#include "engine/case_world.hpp"
#include "engine/keeper.hpp"
#include "engine/play_build.hpp"
#include "engine/timed.hpp"
#include "engine/verdict.hpp"
#include "judge/judge.hpp"
#include "process/deadline.hpp"
#include "util/files.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace cacheproof::engine {
namespace {

using evidence::Verdict;

/// What a case may take beside its rounds: its start and its end.
constexpr auto k_allowance = std::chrono::seconds(60);

evidence::CaseEvidence head_of(const Case& planned) {
  evidence::CaseEvidence head;
  head.id = planned.id;
  head.title = planned.scenario->title;
  head.scenario = planned.scenario->file.string();
  head.issues = planned.scenario->issues;
  head.cell = planned.cell;
  head.buildkit = planned.buildkit;
  head.driver = "buildctl";
  return head;
}

/// Plays one case, round by round.
class Player {
public:
  Player(const Case& planned, const Rigs& rigs, const PlayOptions& options, Observer& observer)
      : planned_(planned),
        options_(options),
        observer_(observer),
        played_(head_of(planned)),
        keeper_(played_, options.folder),
        limit_(static_cast<int>(planned.scenario->rounds.size()) * (planned.scenario->timeout + options.allowance)
               + k_allowance),
        deadline_(options.stop, limit_),
        world_(planned, rigs, options.keep, deadline_.token()) {}

  evidence::CaseEvidence play() {
    const auto start = Clock::now();
    observer_.case_started(played_);
    if (auto why = unmet(planned_)) return skip(std::move(*why));
    auto opened = timed(played_.timings, "open", [&] { return open(); });
    if (!opened) {
      played_.broken = told(std::move(opened).error(), deadline_, "the case", limit_);
    } else {
      play_rounds();
    }
    auto closed = timed(played_.timings, "close", [&] { return world_.close(); });
    if (!closed && !played_.broken) played_.broken = std::move(closed).error();
    if (const auto folder = world_.folder(); !folder.empty() && options_.keep)
      observer_.said("kept: " + folder.string());
    played_.images = world_.pins();
    played_.verdict = verdict_of(played_);
    played_.duration = since(start);
    return end();
  }

private:
  evidence::CaseEvidence end() {
    keeper_.end();
    observer_.case_judged(played_, keeper_.folder());
    return std::move(played_);
  }

  evidence::CaseEvidence skip(std::string why) {
    played_.verdict = Verdict::skipped;
    played_.reason = std::move(why);
    return end();
  }

  const scenario::Scenario& scenario() const { return *planned_.scenario; }

  /// What a passed deadline looks like from inside is an interruption; this is what it was.
  static util::Error
  told(util::Error error, const process::Deadline& deadline, std::string_view what, std::chrono::seconds limit) {
    if (!deadline.passed() || error.blame != util::Blame::interrupted) return error;
    return {util::Blame::rig,
            fmt::format("{} did not end within {} s: {}", what, limit.count(), error.what),
            error.tried,
            "on a machine that is merely slow raise the scenario's `timeout`, from which this limit comes"};
  }

  util::Status open() {
    CP_TRY(util::make_directories(keeper_.folder()));
    CP_TRY_ASSIGN(played_.clean, world_.open());
    return {};
  }

  void play_rounds() {
    for (std::size_t i = 0; i < scenario().rounds.size(); ++i) {
      auto round = play_round(scenario().rounds[i], static_cast<int>(i) + 1);
      played_.rounds.push_back(std::move(round));
      auto& ended = played_.rounds.back();
      observer_.round_judged(played_, ended);
      ended.context = {}; // it is saved, and with 20,000 files it would weigh 7 MiB until the whole run ends
      ended.log = {};     // likewise
      if (ended.verdict == Verdict::broken) break; // nothing after it would stand on solid ground
    }
  }

  evidence::RoundEvidence play_round(const scenario::Round& round, int number) {
    const auto start = Clock::now();
    evidence::RoundEvidence seen;
    seen.number = number;
    seen.name = round.name;
    seen.spot = round.spot;
    seen.builder = builder_of(scenario(), round);
    seen.buildkit = version_of(planned_, round);
    observer_.round_started(played_, seen);
    const auto limit = scenario().timeout + options_.allowance;
    const process::Deadline deadline(deadline_.token(), limit);
    if (auto done = perform(round, seen, deadline.token()); !done) {
      seen.broken = told(told(std::move(done).error(), deadline, "the round", limit), deadline_, "the case", limit_);
      seen.verdict = Verdict::broken;
    } else {
      timed(seen.timings, "judge", [&] {
        auto judgement = judge::judge(round, world_of(planned_, round), seen, scenario().source);
        seen.verdict = judgement.verdict;
        seen.findings = std::move(judgement.findings);
        seen.notes.insert(seen.notes.end(), judgement.notes.begin(), judgement.notes.end());
        return true;
      });
    }
    seen.duration = since(start);
    keeper_.round(seen);
    return seen;
  }

  /// Edits, builds, and collects what was seen. An error is one of the rig: there is no verdict about the cache.
  util::Status perform(const scenario::Round& round, evidence::RoundEvidence& seen, const std::stop_token& stop) {
    if (seen.number > 1) CP_TRY(timed(seen.timings, "start", [&] { return world_.start_round(round); }));
    BuildPlay build(planned_, world_, keeper_, seen);
    CP_TRY(timed(seen.timings, "prepare", [&]() -> util::Status {
      CP_TRY_ASSIGN(seen.changes, world_.context().apply(round.edits));
      CP_TRY_ASSIGN(auto done, act(world_, round, stop));
      seen.changes.insert(seen.changes.end(), done.begin(), done.end());
      return build.prepare(round);
    }));
    if (static_cast<std::size_t>(seen.number) < scenario().rounds.size()) CP_TRY(world_.prepare_next_round());
    CP_TRY(build.build(stop));
    return timed(seen.timings, "read", [&]() -> util::Status {
      CP_TRY(build.read());
      world_.retire_daemon(); // it has said all that it knows
      return build.read_caches(stop);
    });
  }

  const Case& planned_;
  const PlayOptions& options_;
  Observer& observer_;
  evidence::CaseEvidence played_;
  Keeper keeper_; ///< of `played_`
  const std::chrono::seconds limit_;
  const process::Deadline deadline_;
  CaseWorld world_;
};

} // namespace

evidence::CaseEvidence play(const Case& planned, const Rigs& rigs, const PlayOptions& options, Observer& observer) {
  return Player(planned, rigs, options, observer).play();
}

} // namespace cacheproof::engine
