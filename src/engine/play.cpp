#include "engine/play.hpp"

#include "engine/actions.hpp"
#include "engine/builders.hpp"
#include "engine/case_world.hpp"
#include "engine/frontends.hpp"
#include "engine/images.hpp"
#include "engine/keeper.hpp"
#include "engine/play_result.hpp"
#include "engine/play_round.hpp"
#include "engine/timed.hpp"
#include "engine/verdict.hpp"
#include "judge/judge.hpp"
#include "judge/repeat.hpp"
#include "process/deadline.hpp"
#include "util/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace cacheproof::engine {
namespace {

using evidence::Verdict;

/// What a case may take beside its rounds: its start and its end.
constexpr auto k_allowance = std::chrono::seconds(60);

evidence::CaseEvidence head_of(const Case& planned, const Rigs& rigs) {
  evidence::CaseEvidence head;
  head.id = planned.id;
  head.title = planned.scenario->title;
  head.scenario = planned.scenario->file.string();
  head.issues = planned.scenario->issues;
  head.cell = planned.cell;
  head.buildkit = planned.buildkit;
  head.driver = to_text(planned.driver.driver);
  head.driver_version = planned.driver.version;
  head.docker = planned.driver.docker;
  if (planned.driver.engine != builder::Engine::own) head.engine = to_text(planned.driver.engine);
  head.frontend = shown_frontend(planned.frontend);
  for (const auto& name : rigs_of(planned))
    if (const auto rig = rigs.find(name); rig != rigs.end())
      head.programs.insert(head.programs.end(), rig->second.own.begin(), rig->second.own.end());
  return head;
}

std::chrono::seconds
limit_of(const scenario::Scenario& scenario, const scenario::Round& round, const PlayOptions& options) {
  return static_cast<int>(scenario::builds_of(round).size()) * scenario.timeout + options.allowance;
}

std::chrono::seconds limit_of(const scenario::Scenario& scenario, const PlayOptions& options) {
  std::chrono::seconds limit = k_allowance;
  for (const auto& round : scenario.rounds) limit += limit_of(scenario, round, options);
  return limit;
}

/// The round with its claims about caches in full.
scenario::Round expanded(scenario::Round round, const std::map<std::string, std::string>& variables) {
  const auto expand = [&](scenario::Expectations& expect) {
    if (!expect.exported) return;
    for (auto& alternative : expect.exported->alternatives)
      if (auto& of = alternative.value.of) of->value = scenario::expand(of->value, variables);
  };
  expand(round.expect);
  if (round.known_issue) expand(round.known_issue->expect);
  return round;
}

/// Plays one case, round by round.
class Player {
public:
  Player(const Case& planned, const Rigs& rigs, const PlayOptions& options, Observer& observer)
      : planned_(planned),
        options_(options),
        observer_(observer),
        played_(head_of(planned, rigs)),
        keeper_(played_, options.folder),
        limit_(limit_of(*planned.scenario, options)),
        rigs_(rigs) {}

  evidence::CaseEvidence play() {
    const auto start = Clock::now();
    observer_.case_started(played_);
    if (auto why = unmet(planned_)) return skip(std::move(*why));
    const auto& repeat = scenario().repeat;
    for (play_ = repeat ? 1 : 0; play_ <= (repeat ? repeat->times : 0); ++play_) {
      play_story();
      if (played_.broken || any_broken() || !played_.reason.empty()) break; // a share of fewer plays was not asked for
    }
    played_.verdict = repeat ? judge_plays() : verdict_of(played_);
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

  /// In the user's engine the cache of a second build would be that of the first.
  bool verifies() const { return options_.verify_results && !builder::is_in_users_engine(planned_.driver); }

  /// The whole story once, in a world of its own.
  void play_story() {
    const process::Deadline deadline(options_.stop, limit_);
    deadline_ = &deadline;
    CaseWorld world(planned_,
                    rigs_,
                    options_,
                    deadline.token(),
                    {[this] { return late(); }, [this](auto& daemon) { look_at(daemon); }});
    world_ = &world;
    auto opened = timed(played_.timings, "open", [&] { return open(); });
    if (!opened && late())
      if (auto* daemon = world.next_daemon()) look_at(*daemon);
    digests_.clear();
    if (!opened && opened.error().blame == util::Blame::unable) {
      played_.reason = util::to_text(opened.error());
    } else if (!opened) {
      played_.broken = told(std::move(opened).error(), deadline, "the case", limit_);
    } else {
      play_rounds();
    }
    if (played_.broken || any_broken())
      if (const auto logs = world.registry_logs(); !logs.empty()) keeper_.into(nullptr)("registry.log", logs);
    auto closed = timed(played_.timings, "close", [&] { return world.close(); });
    if (!closed && !played_.broken) played_.broken = std::move(closed).error();
    if (const auto folder = world.folder(); !folder.empty() && options_.keep)
      observer_.said("kept: " + folder.string());
    if (!add_pins(played_.images, world.pins()) && !played_.broken)
      played_.broken = util::Error{
          util::Blame::rig, "an image that was pulled by a tag changed between two plays", {}, "run it again"};
  }

  bool any_broken() const {
    return std::any_of(played_.rounds.begin(), played_.rounds.end(), [](const auto& round) {
      return round.verdict == Verdict::broken;
    });
  }

  Verdict judge_plays() {
    std::vector<judge::KnownAt> known;
    for (std::size_t i = 0; i < scenario().rounds.size(); ++i)
      for (const auto& build : scenario::builds_of(scenario().rounds[i]))
        if (build.known_issue && scenario::matches(build.known_issue->when, world_of(planned_, build)))
          known.push_back({static_cast<int>(i) + 1, build.entry, &*build.known_issue});
    auto judged = judge::judge_repeat(scenario(), played_.rounds, known);
    if (played_.reason.empty()) played_.repeat = std::move(judged.seen);
    return verdict_of(played_, judged.verdict);
  }

  /// What a passed deadline looks like from inside is an interruption; this is what it was.
  static util::Error
  told(util::Error error, const process::Deadline& deadline, std::string_view what, std::chrono::seconds limit) {
    if (!deadline.passed() || error.blame != util::Blame::interrupted) return error;
    return {
        util::Blame::rig,
        fmt::format("{} did not end within {} s: {}", what, limit.count(), error.what),
        error.tried,
        fmt::format("{}; on a machine that is merely slow raise the scenario's `timeout`, from which this limit comes",
                    k_hang_evidence)};
  }

  /// Whether a limit has passed: of the case, or of the round that is played.
  bool late() const { return deadline_->passed() || (round_deadline_ && round_deadline_->passed()); }

  /// At a daemon that hangs without a build of the round's.
  void look_at(sandbox::Daemon& daemon) { look_at_hang(daemon, {}, keeper_.into(round_)); }

  util::Status open() {
    CP_TRY(util::make_directories(keeper_.folder()));
    CP_TRY_ASSIGN(played_.clean, world_->open());
    return {};
  }

  void play_rounds() {
    for (std::size_t i = 0; i < scenario().rounds.size(); ++i) {
      auto builds = play_round(scenario().rounds[i], static_cast<int>(i) + 1);
      bool ended_early = false;
      for (auto& build : builds) {
        played_.rounds.push_back(std::move(build));
        auto& ended = played_.rounds.back();
        observer_.round_judged(played_, ended);
        ended.context_after.reset();
        ended.context = {}; // it is saved, and with 20,000 files it would weigh 7 MiB until the whole run ends
        ended.log = {};     // likewise
        // One that could not be had as the round left it is none that another can be compared with.
        if (ended.result && ended.result->error.empty() && ended.result->rerun.empty() && ended.entry.empty())
          digests_[ended.name] = ended.result->image.digest;
        ended.result = {};
        ended_early = ended_early || ended.verdict == Verdict::broken || ended.verdict == Verdict::skipped;
      }
      if (ended_early) break; // nothing after it would stand on solid ground
    }
  }

  /// What was seen of each of the round's builds.
  std::vector<evidence::RoundEvidence> play_round(const scenario::Round& round, int number) {
    const auto start = Clock::now();
    const auto builds = scenario::builds_of(round);
    std::vector<evidence::RoundEvidence> seen;
    for (const auto& build : builds) {
      auto& one = seen.emplace_back();
      one.number = number;
      one.play = play_;
      one.name = round.name;
      one.entry = build.entry;
      one.spot = build.spot;
      one.builder = builder_of(scenario(), build);
      one.buildkit = version_of(planned_, build);
    }
    observer_.round_started(played_, seen.front());
    const auto limit = limit_of(scenario(), round, options_);
    const process::Deadline deadline(deadline_->token(), limit);
    round_deadline_ = &deadline;
    round_ = &seen.front();
    if (auto done = perform(round, seen, deadline.token()); !done)
      for (auto& one : seen) one.broken = done.error();
    for (auto& one : seen)
      if (auto* daemon = one.broken && world_->hangs(deadline.token()) ? world_->hung_daemon(one.builder) : nullptr)
        look_at_hang(*daemon, {}, keeper_.into(&one));
    round_ = nullptr;
    round_deadline_ = nullptr;
    for (std::size_t i = 0; i < seen.size(); ++i) {
      auto& one = seen[i];
      if (one.broken && one.broken->blame == util::Blame::unable) {
        played_.reason = util::to_text(*one.broken);
        one.notes.push_back("skipped: " + played_.reason);
        one.broken.reset();
        one.verdict = Verdict::skipped;
      } else if (one.broken) {
        one.broken = told(told(std::move(*one.broken), deadline, "the round", limit), *deadline_, "the case", limit_);
        one.verdict = Verdict::broken;
      } else {
        judge(builds[i], one);
      }
      if (one.entry.empty()) one.duration = since(start);
      keeper_.round(one);
    }
    return seen;
  }

  void judge(const scenario::Round& build, evidence::RoundEvidence& seen) const {
    if (build.cancel) {
      seen.verdict = Verdict::passed;
      seen.notes.emplace_back("cancelled when the others had finished, as it should be: it is not judged");
      return;
    }
    timed(seen.timings, "judge", [&] {
      const auto world = world_of(planned_, build);
      if (seen.result) seen.result->earlier = digests_;
      // Nothing comes out of a build that fails: its own claims say whether it may.
      const auto& round = scenario().rounds[static_cast<std::size_t>(seen.number) - 1];
      const bool verify = verifies() && seen.record.succeeded && !may_be_anothers(scenario(), round, build);
      const auto claims = expanded(verify ? verified(build, world) : build, world_->variables());
      auto judgement = judge::judge(claims, world, seen, scenario().source);
      // What happens in a share of the plays need not happen in this one.
      if (judgement.verdict == Verdict::stale && build.known_issue->rate) {
        judgement.verdict = Verdict::passed;
        judgement.findings.clear();
      }
      seen.verdict = judgement.verdict;
      seen.findings = std::move(judgement.findings);
      seen.notes.insert(seen.notes.end(), judgement.notes.begin(), judgement.notes.end());
      return true;
    });
  }

  /// Edits, builds, and collects what was seen. An error is one of the rig: there is no verdict about the cache.
  util::Status
  perform(const scenario::Round& round, std::vector<evidence::RoundEvidence>& seen, const std::stop_token& stop) {
    auto& first = seen.front();
    if (first.number > 1) CP_TRY(timed(first.timings, "start", [&] { return world_->start_round(round); }));
    RoundPlay play(planned_, *world_, keeper_, round, seen);
    CP_TRY(timed(first.timings, "prepare", [&]() -> util::Status {
      CP_TRY_ASSIGN(auto changes, world_->context().apply(round.edits));
      CP_TRY_ASSIGN(auto done, act(*world_, round, stop));
      changes.insert(changes.end(), done.begin(), done.end());
      for (auto& one : seen) {
        one.changes = changes;
        if (options_.verify_results && !verifies())
          one.notes.emplace_back("not verified: a build without a cache needs an engine beside yours");
      }
      return play.prepare(verifies());
    }));
    if (static_cast<std::size_t>(first.number) < scenario().rounds.size()) CP_TRY(world_->prepare_next_round());
    play.perform(stop);
    return {};
  }

  const Case& planned_;
  const PlayOptions& options_;
  Observer& observer_;
  evidence::CaseEvidence played_;
  Keeper keeper_; ///< of `played_`
  const std::chrono::seconds limit_;
  const Rigs& rigs_;
  int play_ = 0;                                ///< of a story that is played several times: which one, from 1
  const process::Deadline* deadline_ = nullptr; ///< of this play, as its world
  const process::Deadline* round_deadline_ = nullptr;
  const evidence::RoundEvidence* round_ = nullptr; ///< the first of those that are seen of the round that is played
  CaseWorld* world_ = nullptr;
  std::map<std::string, std::string> digests_; ///< of the results of the rounds so far, by their names
};

} // namespace

evidence::CaseEvidence play(const Case& planned, const Rigs& rigs, const PlayOptions& options, Observer& observer) {
  return Player(planned, rigs, options, observer).play();
}

} // namespace cacheproof::engine
