#include "engine/play.hpp"

#include "builder/buildctl.hpp"
#include "buildkit/client.hpp"
#include "buildkit/decode.hpp"
#include "buildkit/vertex.hpp"
#include "dockerfile/dockerfile.hpp"
#include "engine/broken.hpp"
#include "engine/images.hpp"
#include "engine/keeper.hpp"
#include "engine/request.hpp"
#include "engine/verdict.hpp"
#include "judge/judge.hpp"
#include "lint/lint.hpp"
#include "oci/cache.hpp"
#include "oci/image.hpp"
#include "oci/reference.hpp"
#include "oci/registry_client.hpp"
#include "process/deadline.hpp"
#include "sandbox/upstream.hpp"
#include "util/files.hpp"
#include "util/text.hpp"
#include "util/version.hpp"
#include "workspace/context.hpp"

#include <fmt/format.h>

#include <chrono>
#include <map>
#include <utility>

namespace cacheproof::engine {
namespace {

using evidence::Verdict;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// The first BuildKit whose mirrors may have a path (util/resolver/resolver.go of v0.11.6 and v0.12.5).
const util::Version k_mirrors_with_path{0, 12, 0, {}};
/// What BuildKit needs for answers about a build that has ended: measured 3 to 30 ms (buildkit-facts).
constexpr milliseconds k_record_limit = std::chrono::seconds(20);
/// What a case may take beside its rounds: its start and its end.
constexpr auto k_allowance = std::chrono::seconds(60);
/// For the events of a build that hangs: they come at once, then the stream is silent.
constexpr milliseconds k_look_limit = std::chrono::seconds(1);

evidence::Nanoseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count();
}

template <class Work> auto timed(evidence::Timings& timings, const char* name, Work work) {
  const auto start = Clock::now();
  auto result = work();
  timings.emplace_back(name, since(start));
  return result;
}

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

/// Plays one case. Its world is opened in `open`, used by each round and closed in reverse at the end.
class Player {
public:
  Player(const Case& planned, const Rig& rig, const PlayOptions& options, Observer& observer)
      : planned_(planned),
        rig_(rig),
        options_(options),
        observer_(observer),
        played_(head_of(planned)),
        keeper_(played_, options.folder),
        limit_(static_cast<int>(planned.scenario->rounds.size()) * (planned.scenario->timeout + options.allowance)
               + k_allowance),
        deadline_(options.stop, limit_) {}

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
    timed(played_.timings, "close", [&] { return close(); });
    if (sandbox_ && options_.keep) observer_.said("kept: " + sandbox_->folder().string());
    if (upstream_)
      for (auto& [name, digest] : upstream_->pins()) played_.images.push_back({name, digest});
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

  /// The clean world of the case, proven empty, with its base images and its context in it. What starts by itself,
  /// registry and daemon, does so while images and context are made.
  util::Status open() {
    CP_TRY(util::make_directories(keeper_.folder()));
    CP_TRY_ASSIGN(const auto images, base_images(scenario()));
    CP_TRY(check_mirrors(images));
    if (const auto pulled = upstream_images(scenario(), planned_.cell); !pulled.empty()) {
      CP_TRY_ASSIGN(upstream_, sandbox::Upstream::start(*rig_.mirrors, pulled, deadline_.token()));
    }
    CP_TRY_ASSIGN(sandbox_,
                  sandbox::Sandbox::open({.programs = rig_.programs,
                                          .registry = rig_.registry,
                                          .keep = options_.keep,
                                          .mirrored_hosts = mirrored_hosts(images),
                                          .upstream = upstream_ ? upstream_->address() : "",
                                          .upstream_hosts = upstream_ ? upstream_->hosts() : std::vector<std::string>(),
                                          .stop = deadline_.token()}));
    CP_TRY_ASSIGN(auto context, workspace::Context::materialise(scenario().context, sandbox_->folder() / "context"));
    context_.emplace(std::move(context));
    variables_ = variables(planned_.cell, sandbox_->registry().place(), context_->folder());
    CP_TRY(push_images(images));
    CP_TRY_ASSIGN(daemon_, sandbox_->fresh_daemon());
    const auto& proof = sandbox_->clean_proof();
    played_.clean = evidence::CleanState{proof.disk_usage_records, proof.catalogue, proof.environment};
    return {};
  }

  /// At the user's registry the base images lie below a path.
  util::Status check_mirrors(const std::vector<oci::Reference>& images) const {
    const auto version = util::Version::parse(rig_.version);
    if (rig_.registry.empty() || images.empty() || !version || *version >= k_mirrors_with_path) return {};
    return util::failure(
        fmt::format("BuildKit {} takes no base images from below a path of a registry, as v0.12 does", rig_.version),
        "--registry=http://" + rig_.registry,
        "play this version with a registry of the sandbox's own: leave --registry out");
  }

  util::Status push_images(const std::vector<oci::Reference>& images) {
    std::optional<oci::Image> image;
    if (!images.empty()) {
      CP_TRY_ASSIGN(image, oci::busybox_image(rig_.busybox));
    }
    CP_TRY(sandbox_->await_registry());
    oci::RegistryClient registry(sandbox_->registry().address(), deadline_.token());
    for (const auto& name : images)
      if (auto pushed = oci::push(registry, sandbox_->registry().prefix() + name.repository, name.tag, *image); !pushed)
        return tl::unexpected(util::within("pushing the base image " + name.repository, std::move(pushed).error()));
    return {};
  }

  util::Status close() {
    auto closed = sandbox_ ? sandbox_->close() : util::Status();
    if (!closed && !played_.broken) played_.broken = closed.error();
    return closed;
  }

  void play_rounds() {
    for (std::size_t i = 0; i < scenario().rounds.size(); ++i) {
      auto round = play_round(scenario().rounds[i], static_cast<int>(i) + 1);
      played_.rounds.push_back(std::move(round));
      auto& ended = played_.rounds.back();
      observer_.round_judged(played_, ended);
      ended.context = {}; // it is saved, and with 20,000 files it would weigh 7 MiB until the whole run ends
      if (ended.verdict == Verdict::broken) break; // nothing after it would stand on solid ground
    }
  }

  evidence::RoundEvidence play_round(const scenario::Round& round, int number) {
    const auto start = Clock::now();
    evidence::RoundEvidence seen;
    seen.number = number;
    seen.name = round.name;
    seen.spot = round.spot;
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
    if (seen.number > 1) {
      CP_TRY_ASSIGN(daemon_, timed(seen.timings, "start", [&] { return sandbox_->fresh_daemon(); }));
    }
    CP_TRY_ASSIGN(const auto prepared, timed(seen.timings, "prepare", [&] { return prepare(round, seen); }));
    if (static_cast<std::size_t>(seen.number) < scenario().rounds.size()) CP_TRY(sandbox_->start_next_daemon());
    CP_TRY_ASSIGN(const auto build,
                  timed(seen.timings, "build", [&] { return this->build(prepared.request, seen, stop); }));
    return timed(seen.timings, "read", [&] { return read(prepared, build, seen, stop); });
  }

  /// What is asked for, and the Dockerfile by which the answer is understood.
  struct Prepared {
    builder::BuildRequest request;
    dockerfile::File dockerfile;
  };

  util::Result<Prepared> prepare(const scenario::Round& round, evidence::RoundEvidence& seen) {
    CP_TRY_ASSIGN(seen.changes, context_->apply(round.edits));
    auto request = make_request(scenario::merge(scenario().build, round.build), variables_, context_->folder());
    request.environment = sandbox_->client_environment();
    CP_TRY_ASSIGN(auto dockerfile, read_dockerfile(request, seen));
    CP_TRY_ASSIGN(seen.context, context_->fingerprint());
    for (const auto& warning : lint::for_build(scenario(), round, planned_.cell))
      seen.lint.push_back(util::to_text(warning));
    return Prepared{std::move(request), std::move(dockerfile)};
  }

  util::Status read(const Prepared& prepared,
                    const builder::BuildRun& build,
                    evidence::RoundEvidence& seen,
                    const std::stop_token& stop) {
    CP_TRY(check_rig(build, seen));
    if (build.ref.empty()) return tl::unexpected(without_build(build.log));
    CP_TRY_ASSIGN(seen.record, record_of(build.ref, prepared, seen));
    // Also of a build that has got the image elsewhere: it would be a pull past the mirror, with nothing pinned.
    if (upstream_)
      if (auto failure = upstream_->failure()) return tl::unexpected(std::move(*failure));
    const auto registry_log = util::read_text(sandbox_->registry().log()).value_or("");
    if (auto broken = broken_by(seen.record, build.log, registry_log)) return tl::unexpected(std::move(*broken));
    sandbox_->retire_daemon(); // it has said all that it knows
    if (!seen.record.succeeded) return {};
    oci::RegistryClient registry(sandbox_->registry().address(), stop);
    for (const auto& ref : exported_refs(prepared.request)) {
      CP_TRY_ASSIGN(auto contents, oci::read_cache(registry, ref));
      seen.caches.push_back(std::move(contents));
    }
    return {};
  }

  /// The Dockerfile as the edits left it. A `# syntax=` line is blanked in the sandbox's copy: the daemon would obey it
  /// and pull a frontend, and its own builtin one is what is under test.
  util::Result<dockerfile::File> read_dockerfile(const builder::BuildRequest& request, evidence::RoundEvidence& seen) {
    const auto& name = request.dockerfile;
    const auto path = context_->folder() / name;
    CP_TRY_ASSIGN(const auto text, util::read_text(path));
    auto reading = dockerfile::read(text, name, {request.args.begin(), request.args.end()});
    if (!reading.file) {
      std::string why;
      for (const auto& diagnostic : reading.diagnostics) why += util::to_text(diagnostic);
      return util::failure("the Dockerfile cannot be read:\n" + why, {}, {}, util::Blame::input);
    }
    if (reading.file->syntax_line > 0) {
      CP_TRY(context_->blank_syntax(name, reading.file->syntax_line));
      seen.notes.push_back(fmt::format("line {} of {} (# syntax=) is blanked: the daemon's builtin frontend answers",
                                       reading.file->syntax_line,
                                       name));
    }
    return std::move(*reading.file);
  }

  util::Result<builder::BuildRun>
  build(const builder::BuildRequest& request, evidence::RoundEvidence& seen, const std::stop_token& stop) {
    hang_ = {};
    CP_TRY_ASSIGN(auto run,
                  builder::build(rig_.programs.buildctl,
                                 daemon_->address(),
                                 request,
                                 sandbox_->folder() / "ref",
                                 {.timeout = scenario().timeout, .stop = stop, .on_timeout = [&] {
                                    hang_ = look_at_hang(seen);
                                  }}));
    seen.command = run.command_line;
    seen.exit_code = run.exit.code.value_or(-1);
    keeper_.stream(seen, "client.log", run.log);
    if (auto log = util::read_text(daemon_->log())) keeper_.stream(seen, "daemon.log", *log);
    return run;
  }

  /// What is seen of a build that does not end, while it still hangs. The daemon does not survive the look.
  struct Hang {
    std::optional<std::string> death; ///< of the daemon, before it was looked at
    std::vector<std::string> running; ///< steps that had begun and not ended
  };

  Hang look_at_hang(const evidence::RoundEvidence& seen) {
    Hang hang{daemon_->died(), {}};
    if (const auto raw = daemon_->client().unfinished(k_look_limit)) {
      keeper_.stream(seen, "events.jsonl", buildkit::to_json_lines(*raw));
      hang.running = buildkit::running(*raw);
    }
    if (const auto dump = daemon_->dump_goroutines(); !dump.empty()) keeper_.stream(seen, "goroutines.txt", dump);
    return hang;
  }

  /// Whether everything that the build needed was there until its end.
  util::Status check_rig(const builder::BuildRun& build, const evidence::RoundEvidence& seen) {
    if (build.interrupted)
      return util::failure("interrupted while it built", seen.command, {}, util::Blame::interrupted);
    if (const auto death = build.timed_out ? hang_.death : daemon_->died())
      return util::failure("buildkitd died during the build: " + *death + "\n" + daemon_->log_tail(),
                           seen.command,
                           "read daemon.log and run it again; if it repeats on one version only, that version crashes");
    if (auto alive = sandbox_->registry().check(); !alive)
      return tl::unexpected(util::within("the registry did not live through the build", std::move(alive).error()));
    if (build.exit.signal && !build.timed_out)
      return util::failure("buildctl was ended from outside: " + to_text(build.exit), seen.command, "run it again");
    if (build.timed_out)
      return util::failure(
          fmt::format("the build did not end within {} s{}",
                      scenario().timeout.count(),
                      hang_.running.empty() ? std::string() : "; it hung in: " + util::join(hang_.running, ", ")),
          seen.command,
          "look for where it hung into client.log, events.jsonl and goroutines.txt beside the round's "
          "evidence, or raise the scenario's `timeout`");
    return {};
  }

  util::Result<evidence::BuildRecord>
  record_of(const std::string& ref, const Prepared& prepared, const evidence::RoundEvidence& seen) {
    CP_TRY_ASSIGN(const auto raw, daemon_->client().fetch(ref, k_record_limit));
    keeper_.stream(seen, "events.jsonl", buildkit::to_json_lines(raw));
    return buildkit::decode(raw, prepared.dockerfile, prepared.request.target, planned_.buildkit);
  }

  const Case& planned_;
  const Rig& rig_;
  const PlayOptions& options_;
  Observer& observer_;
  evidence::CaseEvidence played_;
  Keeper keeper_; ///< of `played_`
  const std::chrono::seconds limit_;
  const process::Deadline deadline_;
  std::unique_ptr<sandbox::Upstream> upstream_; ///< where the case reads images that the sandbox does not serve
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  sandbox::Daemon* daemon_ = nullptr;
  std::optional<workspace::Context> context_;
  std::map<std::string, std::string> variables_;
  Hang hang_; ///< of the build that ended last, if it had to be ended
};

} // namespace

evidence::CaseEvidence play(const Case& planned, const Rig& rig, const PlayOptions& options, Observer& observer) {
  return Player(planned, rig, options, observer).play();
}

} // namespace cacheproof::engine
