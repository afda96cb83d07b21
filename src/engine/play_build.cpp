#include "engine/play_build.hpp"

#include "builder/buildx.hpp"
#include "buildkit/client.hpp"
#include "buildkit/decode.hpp"
#include "buildkit/progress.hpp"
#include "buildkit/vertex.hpp"
#include "engine/broken.hpp"
#include "engine/images.hpp"
#include "engine/line_builds.hpp"
#include "engine/request.hpp"
#include "engine/timed.hpp"
#include "evidence/results.hpp"
#include "lint/lint.hpp"
#include "oci/cache.hpp"
#include "oci/registry_client.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

namespace cacheproof::engine {
namespace {

/// For the record of a build that was cancelled, if the daemon has one.
constexpr std::chrono::milliseconds k_cancelled_limit = std::chrono::seconds(2);

/// The build arguments of a request that somebody else made.
std::map<std::string, std::string> args_of(const buildkit::RawBuild& build) {
  constexpr std::string_view prefix = "build-arg:";
  std::map<std::string, std::string> args;
  for (const auto& [name, value] : build.frontend_attributes)
    if (name.starts_with(prefix)) args.emplace(name.substr(prefix.size()), value);
  return args;
}

} // namespace

util::Status BuildPlay::prepare(const scenario::Round& round) {
  round_ = &round;
  const auto& scenario = *planned_.scenario;
  const auto& context = world_.context().folder();
  if (round.run) {
    return prepare_foreseen(make_request(scenario::merge(scenario.build, round.build), world_.variables(), context));
  }
  request_ = make_request(scenario::merge(scenario.build, round.build), world_.variables(), context, folder());
  request_.environment.merge(world_.client_environment()); // what the scenario sets stays
  CP_TRY(check_folders(request_, context));
  request_.mark = seen_.entry;
  request_.raw_progress = world_.has_no_history();
  const auto buildx = buildx_builder();
  request_.home = buildx.config;
  request_.name = buildx.name;
  CP_TRY_ASSIGN(dockerfile_, read_dockerfile());
  for (const auto& warning : lint::for_build(scenario, round, planned_.cell))
    seen_.lint.push_back(util::to_text(warning));
  return {};
}

/// The Dockerfile that a command line probably builds: which ones it does is told by the builds that it starts.
util::Status BuildPlay::prepare_foreseen(const builder::BuildRequest& request) {
  const auto path = dockerfile_path(request, world_.context().folder());
  const auto text = util::read_text(world_.context().folder() / path);
  if (!text) return {};
  return prepare_syntax(dockerfile::syntax_of(*text), path); // only the line's own arguments may make it readable
}

/// A `# syntax=` line is blanked in the sandbox's copy, unless `setup.images` has its image: the daemon would obey it
/// and pull a frontend, and its own builtin one is what is under test; or another one, where the build names it.
util::Status BuildPlay::prepare_syntax(const dockerfile::Syntax& syntax, const std::string& name) {
  const auto& args = request_.args;
  const auto named =
      std::find_if(args.begin(), args.end(), [](const auto& each) { return each.first == "BUILDKIT_SYNTAX"; });
  if (named == args.end() && is_listed(*planned_.scenario, syntax.image)) {
    seen_.notes.push_back(
        fmt::format("line {} of {} (# syntax=) is obeyed: {} answers", syntax.line, name, syntax.image));
  } else if (syntax.line > 0) {
    if (request_.dockerfile_text)
      request_.dockerfile_text = workspace::without_syntax(*request_.dockerfile_text, syntax.line);
    else
      CP_TRY(world_.context().blank_syntax(name, syntax.line));
    seen_.notes.push_back(fmt::format("line {} of {} (# syntax=) is blanked: {} answers",
                                      syntax.line,
                                      name,
                                      named == args.end() ? "the daemon's builtin frontend" : named->second));
  }
  return {};
}

/// The Dockerfile as the edits left it.
util::Result<dockerfile::File> BuildPlay::read_dockerfile() {
  auto text = request_.dockerfile_text.value_or("");
  const auto path = dockerfile_path(request_, world_.context().folder());
  if (!request_.dockerfile_text) {
    CP_TRY_ASSIGN(text, util::read_text(world_.context().folder() / path));
  }
  const auto name = path.empty() ? std::string("dockerfile_inline") : path;
  CP_TRY_ASSIGN(auto file, dockerfile::parse(text, name, {request_.args.begin(), request_.args.end()}));
  CP_TRY(prepare_syntax(file.syntax, name));
  return file;
}

/// The client's run: of the sandbox's own, or of what the user's command line starts.
util::Result<builder::BuildRun> BuildPlay::run_client(const process::RunOptions& options) {
  if (!round_->run) return builder::build(world_.client(seat()), seat().daemon->address(), request_, options);
  const auto line = scenario::expand(round_->run->value, world_.variables());
  CP_TRY_ASSIGN(auto ran, run_line({line, folder(), buildx_builder(), seen_.entry}, world_, seat(), options));
  started_ = std::move(ran.started);
  if (started_ && !started_->refs.empty()) ran.run.ref = started_->refs.front();
  return std::move(ran.run);
}

util::Status BuildPlay::expect_result(ResultDemand demand) {
  result_.emplace(planned_, world_, keeper_, seen_, std::move(demand));
  return result_->begin(request_, dockerfile_);
}

util::Status BuildPlay::read_result(const std::stop_token& stop) {
  return result_ ? result_->read(request_, dockerfile_, stop) : util::Status();
}

util::Status BuildPlay::build(const std::stop_token& stop) {
  CP_TRY_ASSIGN(
      run_, timed(seen_.timings, "build", [&] {
        return run_client(
            {.timeout = planned_.scenario->timeout, .stop = stop, .on_output = {}, .before_stop = [&](bool late) {
               if (late || world_.hangs(stop)) look_at_hang();
             }});
      }));
  seen_.command = run_.command_line;
  seen_.exit_code = run_.exit.code.value_or(-1);
  seen_.log = run_.log;
  keeper_.stream(seen_, "client.log", run_.log);
  keeper_.stream(seen_, "daemon.log", world_.daemon_log(seat()));
  return {};
}

/// Whether the build left its own input as it was.
util::Status BuildPlay::look_for_changes() {
  CP_TRY_ASSIGN(auto after, world_.context().fingerprint());
  if (after == seen_.context) return {};
  seen_.notes.push_back("the build changed its own context: "
                        + util::join(evidence::differing_paths(seen_.context, after), ", "));
  seen_.context_after = std::move(after);
  return {};
}

void BuildPlay::look_at_hang() {
  const auto alone = world_.alone();
  const auto death = CaseWorld::death_before_looks(seat());
  const bool alone_there = seen_.entry.empty() && !builder::is_in_users_engine(planned_.driver);
  const auto mine = [&](const buildkit::RawBuild& build) { return alone_there || owns(build); };
  hang_ = engine::look_at_hang(*seat().daemon, mine, keeper_.into(&seen_));
  hang_->death = death;
}

/// Whether everything that the build needed was there until its end.
util::Status BuildPlay::check_rig() const {
  const auto where = hang_ ? hang_->in_words() : std::string();
  if (run_.interrupted && !cancelled_)
    return util::failure("interrupted while it built" + where, seen_.command, {}, util::Blame::interrupted);
  if (const auto death = hang_ ? hang_->death : seat().daemon->died())
    return util::failure(seat().rig->daemon_name() + " died during the build: " + *death + "\n"
                             + seat().daemon->log_tail(),
                         seen_.command,
                         "read daemon.log and run it again; if it repeats on one version only, that version crashes");
  for (auto& registry : world_.sandbox().registries())
    if (auto alive = registry.check(); !alive)
      return tl::unexpected(util::within("the registry did not live through the build", std::move(alive).error()));
  if (run_.exit.signal && !run_.timed_out && !cancelled_)
    return util::failure("the client was ended from outside: " + to_text(run_.exit), seen_.command, "run it again");
  if (run_.timed_out)
    return util::failure(fmt::format("the build did not end within {} s{}", planned_.scenario->timeout.count(), where),
                         seen_.command,
                         fmt::format("{}, or raise the scenario's `timeout`", k_hang_evidence));
  return {};
}

/// The words in which the build was refused before it began; empty of every other one. The client has a ref as soon as
/// it has understood its command line, before it talks to the daemon: only the daemon knows whether there was a build.
util::Result<std::string> BuildPlay::read_refusal() {
  // A crash has another code; those of buildx are from its cmd/buildx/main.go: Internal and ResourceExhausted.
  const auto code = run_.exit.code.value_or(-1);
  if ((code != 1 && code != 100 && code != 102) || round_->run || cancelled_) return std::string();
  if (world_.has_no_history() && !buildkit::from_progress(run_.log, {}, false).vertices.empty()) return std::string();
  CP_TRY_ASSIGN(auto words, refusal(run_.log));
  if (words.empty() || run_.ref.empty() || world_.has_no_history()) return words;
  CP_TRY_ASSIGN(const auto builds, seat().daemon->client().history(k_record_limit));
  return std::find(builds.begin(), builds.end(), run_.ref) == builds.end() ? std::move(words) : std::string();
}

/// The words in which buildx has told a command line that the driver `docker` cannot do what it asks for, as a cache
/// export of an engine that keeps its images in layers of its own (v0.11.2 to v0.36.1); else empty.
std::string BuildPlay::driver_refusal() const {
  if (!round_->run || !builder::has_graph_driver(planned_.driver)) return {};
  for (const auto& line : util::lines(run_.log))
    if (line.find("not supported for the docker driver") != line.npos
        || line.find("not supported for docker driver") != line.npos)
      return std::string(util::trim(line));
  return {};
}

util::Status BuildPlay::read() {
  CP_TRY(check_rig());
  CP_TRY(look_for_changes());
  if (!started_)
    return tl::unexpected(util::within("what the command line started is not known", std::move(started_).error()));
  CP_TRY(check_strangers());
  // Its client had no time to say which it was, or to tell the daemon of it: a ref is there before.
  if (cancelled_ && (run_.ref.empty() || !seat().daemon->client().fetch(run_.ref, k_cancelled_limit))) return {};
  if (const auto words = driver_refusal(); !words.empty())
    return util::failure(fmt::format("{}:{}: this command line asks for what Docker {} cannot do: {}",
                                     round_->run->spot.file,
                                     round_->run->spot.line,
                                     planned_.driver.docker,
                                     words),
                         seen_.command,
                         {},
                         util::Blame::unable);
  if (run_.ref.empty() && round_->run)
    return util::failure(fmt::format("{}:{}: this command line started no build ({}):\n{}",
                                     round_->run->spot.file,
                                     round_->run->spot.line,
                                     to_text(run_.exit),
                                     run_.log),
                         seen_.command,
                         "it runs in the context, where `buildctl` is the one of the round's daemon",
                         util::Blame::input);
  CP_TRY_ASSIGN(auto refused, read_refusal());
  if (!refused.empty()) {
    seen_.record.error = std::move(refused);
    return {};
  }
  if (run_.ref.empty()) return tl::unexpected(without_build(run_.log));
  CP_TRY_ASSIGN(seen_.record, read_record());
  // Also of a build that has got the image elsewhere: it would be a pull past the mirror, with nothing pinned.
  if (auto failure = world_.upstream_failure()) return tl::unexpected(std::move(*failure));
  seen_.requests = world_.take_requests();
  if (cancelled_) return {};
  if (auto broken = broken_by(seen_.record, run_.log, world_.registry_logs()))
    return tl::unexpected(std::move(*broken));
  return round_->run ? check_steps(planned_, *round_, seen_) : util::Status();
}

util::Status BuildPlay::read_caches(const std::stop_token& stop) {
  if (!seen_.record.succeeded || cancelled_) return {};
  for (const auto& ref : cache_refs()) {
    oci::RegistryClient registry(world_.registry_of(ref).address(), stop);
    CP_TRY_ASSIGN(auto contents, oci::read_cache(registry, ref));
    seen_.caches.push_back(std::move(contents));
  }
  for (const auto& [folder, tag] : exported_folders(request_)) {
    CP_TRY_ASSIGN(auto contents, oci::read_cache_folder(folder, tag));
    seen_.caches.push_back(std::move(contents));
  }
  return {};
}

/// The caches that were exported; of a command line those that its claims name, for nobody tells which it exports to.
std::vector<std::string> BuildPlay::cache_refs() const {
  if (!round_->run) return exported_refs(request_);
  std::vector<std::string> refs;
  const auto add = [&](const scenario::Expectations& expect) {
    if (!expect.exported) return;
    for (const auto& alternative : expect.exported->alternatives) {
      auto ref = world_.full_ref(*alternative.value.of);
      if (std::find(refs.begin(), refs.end(), ref) == refs.end()) refs.push_back(std::move(ref));
    }
  };
  add(round_->expect);
  if (round_->known_issue) add(round_->known_issue->expect);
  return refs;
}

util::Result<evidence::BuildRecord> BuildPlay::decode_so_far(const buildkit::RawBuild& events) const {
  return buildkit::decode(events, dockerfile_, request_.target, seat().rig->version);
}

util::Result<evidence::BuildRecord> BuildPlay::read_record() {
  if (round_->run) return read_line_records();
  CP_TRY_ASSIGN(const auto raw, world_.told(seat(), run_));
  if (raw.by_client) seen_.notes.emplace_back(evidence::k_less_certain);
  keeper_.stream(seen_, "events.jsonl", buildkit::to_json_lines(raw));
  return buildkit::decode(raw, dockerfile_, request_.target, seat().rig->version);
}

/// Of every build that the command line started, each by the Dockerfile that it was given.
util::Result<evidence::BuildRecord> BuildPlay::read_line_records() {
  std::vector<LineBuild> builds;
  for (const auto& ref : started_->refs) {
    CP_TRY_ASSIGN(const auto raw, world_.told(seat(), {.ref = ref}));
    keeper_.stream(seen_,
                   builds.empty() ? "events.jsonl" : fmt::format("events-{}.jsonl", builds.size() + 1),
                   buildkit::to_json_lines(raw));
    CP_TRY_ASSIGN(const auto told, dockerfile_of(raw, world_.context().folder()));
    CP_TRY_ASSIGN(const auto file, dockerfile::parse(told.text, told.name, args_of(raw)));
    const auto asked = raw.frontend_attributes.find("target");
    const auto target = asked == raw.frontend_attributes.end() ? std::string() : asked->second;
    CP_TRY(check_images(raw, file, target));
    CP_TRY_ASSIGN(auto record, buildkit::decode(raw, file, target, seat().rig->version));
    const auto called = target.empty() ? file.stages.back().name : target;
    const auto baked = builder::bake_target(buildx_builder(), ref);
    builds.push_back({baked.empty() ? called : baked, std::move(record)});
  }
  return together(std::move(builds));
}

/// Whether a build that nobody foresaw has read its images, its frontend among them, where those of the case come from.
util::Status
BuildPlay::check_images(const buildkit::RawBuild& raw, const dockerfile::File& file, const std::string& target) const {
  auto images = images_read(raw, file, target);
  std::erase_if(images, [&](const auto& name) { return world_.named_registry(name) != nullptr; });
  const auto image = unforeseen(planned_, images);
  if (!image) return {};
  return util::failure(
      fmt::format("{}:{}: this command line built {} from {}, which was read past the mirror: nobody foresaw it",
                  round_->run->spot.file,
                  round_->run->spot.line,
                  file.name,
                  *image),
      seen_.command,
      fmt::format("write it down: `setup: {{images: {{\"{}\": upstream}}}}`, or `{}` to serve it here",
                  *image,
                  frontends_read(raw, file).contains(*image) ? "frontend" : "busybox"),
      util::Blame::input);
}

/// Of a build beside a command line that nobody here has started nobody can tell whose it is.
util::Status BuildPlay::check_strangers() const {
  const auto& beside = planned_.scenario->rounds[static_cast<std::size_t>(seen_.number) - 1].parallel;
  for (const auto& ref : started_->strangers)
    if (std::none_of(beside.begin(), beside.end(), [&](const auto& other) {
          return buildx_asked(world_.buildx_builder(seen_.number, other.entry), ref);
        }))
      return util::failure(
          fmt::format("{}:{}: beside this command line a build began that nobody can tell whose it is",
                      round_->run->spot.file,
                      round_->run->spot.line),
          ref,
          "of several at once only builds of the `buildctl`, `buildx` and `docker` in the PATH are told apart",
          util::Blame::input);
  return {};
}

} // namespace cacheproof::engine
