#include "engine/run_line.hpp"

#include "builder/buildctl.hpp"
#include "buildkit/provenance.hpp"
#include "util/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

namespace cacheproof::engine {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::milliseconds k_history_limit = std::chrono::seconds(20);

util::Status link(const fs::path& program, const fs::path& name) {
  std::error_code error;
  fs::create_symlink(program, name, error);
  if (error) return util::failure(fmt::format("cannot link {}: {}", name.string(), error.message()));
  return {};
}

util::Status write_program(const fs::path& path, const std::string& text) {
  CP_TRY(util::write_text(path, "#!/bin/sh\n" + text));
  std::error_code error;
  fs::permissions(path, fs::perms(0755), error);
  if (error) return util::failure(fmt::format("cannot make {} a program: {}", path.string(), error.message()));
  return {};
}

/// It is there once that program was called, in whose place `write_missing` has written another one.
fs::path missed(const fs::path& folder, const std::string& program) {
  return folder / (program + "-is-missed");
}

util::Status write_missing(const fs::path& folder, const std::string& program, const std::string& why) {
  return write_program(folder / "bin" / program,
                       fmt::format(": > '{}'\necho '{}' >&2\nexit 127\n", missed(folder, program).string(), why));
}

/// The programs that a command line finds first: `buildctl` of the daemon, `buildx` as pinned, and `docker` with the
/// builds of that, whatever Docker the machine has.
util::Status make_programs(const Line& line, const fs::path& buildctl, const fs::path& buildx) {
  const auto& folder = line.folder;
  const auto bin = folder / "bin";
  CP_TRY(util::remove_tree(folder));
  CP_TRY(util::make_directories(bin));
  if (line.buildx.place != builder::BuildxPlace::daemon)
    CP_TRY(write_missing(folder, "buildctl", "a Docker engine knows no buildctl"));
  else if (line.mark.empty())
    CP_TRY(link(buildctl, bin / "buildctl"));
  else
    CP_TRY(write_program(bin / "buildctl",
                         fmt::format("for word; do\n"
                                     "  if [ \"$word\" = build ]; then exec '{0}' \"$@\" --opt {1}={2}; fi\n"
                                     "done\n"
                                     "exec '{0}' \"$@\"\n",
                                     buildctl.string(),
                                     builder::k_mark,
                                     line.mark)));
  if (buildx.empty())
    CP_TRY(write_missing(folder, "buildx", "buildx is not installed"));
  else
    CP_TRY(link(buildx, bin / "buildx"));
  return write_program(bin / "docker",
                       "case $1 in\n"
                       "buildx) shift; exec buildx \"$@\" ;;\n"
                       "build) exec buildx \"$@\" ;;\n"
                       "*) echo \"docker $1: there is no Docker here, only 'docker build' and 'docker buildx'\" >&2\n"
                       "   exit 125 ;;\n"
                       "esac\n");
}

/// Hears of every build that begins while it lives.
class Subscription {
public:
  explicit Subscription(buildkit::Client& client)
      : thread_([this, &client](const std::stop_token& stop) {
          const auto heard = [this](const buildkit::RawBuild& build) { builds_.push_back(build); };
          listened_ = client.listen(heard, stop);
        }) {}

  /// What was heard, in its order.
  util::Result<std::vector<buildkit::RawBuild>> end() {
    thread_.request_stop();
    thread_.join();
    CP_TRY(std::move(listened_));
    return std::move(builds_);
  }

private:
  std::vector<buildkit::RawBuild> builds_; // with the next, the thread's until it has ended
  util::Status listened_;
  std::jthread thread_;
};

/// What a subscription heard and what the history has more: one that began before the subscription stood is in the
/// history, one that the history has forgotten was heard.
util::Result<StartedBuilds>
begun(const Line& line, buildkit::Client& client, Subscription& subscription, const std::vector<std::string>& before) {
  CP_TRY_ASSIGN(auto found, subscription.end());
  CP_TRY_ASSIGN(const auto after, client.history(k_history_limit));
  const auto is_heard = [&](const std::string& ref) {
    return std::any_of(found.begin(), found.end(), [&](const auto& build) { return build.ref == ref; });
  };
  const auto was_there = [&](const std::string& ref) {
    return std::find(before.begin(), before.end(), ref) != before.end();
  };
  for (const auto& ref : after)
    if (!was_there(ref) && !is_heard(ref)) {
      CP_TRY_ASSIGN(auto build, client.fetch(ref, k_history_limit));
      found.push_back(std::move(build));
    }
  StartedBuilds started;
  for (const auto& build : found) {
    if (was_there(build.ref)) continue;
    if (line.mark.empty() || is_of(build, line.buildx, line.mark))
      started.refs.push_back(build.ref);
    else if (!build.frontend_attributes.contains(std::string(builder::k_mark)))
      started.strangers.push_back(build.ref);
  }
  return started;
}

} // namespace

util::Result<LineRun> run_line(const Line& line, CaseWorld& world, Seat& seat, process::RunOptions options) {
  const auto buildx = world.buildx(seat);
  CP_TRY(make_programs(line, seat.rig->programs.buildctl, buildx));
  auto& daemon = *seat.daemon;
  auto environment = world.client_environment();
  environment["PATH"] = (line.folder / "bin").string() + ":" + environment["PATH"];
  if (line.buildx.place == builder::BuildxPlace::daemon) environment["BUILDKIT_HOST"] = daemon.address();
  environment["DOCKER_HOST"] = "unix://" + (line.folder / "no-docker.sock").string();
  environment["REGISTRY"] = world.sandbox().registry().place();
  if (!buildx.empty()) {
    CP_TRY_ASSIGN(environment,
                  builder::make_buildx_builder(buildx, line.buildx, daemon.address(), std::move(environment), options));
  }

  CP_TRY_ASSIGN(const auto before, daemon.client().history(k_history_limit));
  Subscription subscription(daemon.client());
  const process::Command command{{"/bin/sh", "-c", line.text}, environment, world.context().folder()};
  LineRun result;
  result.run.command_line = process::to_line(command);
  options.on_output = [&](std::string_view piece) { result.run.log += piece; };
  CP_TRY_ASSIGN(const auto finished, process::run(command, options));
  result.run.exit = finished.exit;
  result.run.timed_out = finished.timed_out;
  result.run.interrupted = finished.interrupted;
  if (fs::exists(missed(line.folder, "buildctl")))
    return util::failure("the command line calls buildctl, which builds on a BuildKit and not in a Docker engine",
                         result.run.command_line,
                         {},
                         util::Blame::unable);
  if (fs::exists(missed(line.folder, "buildx")))
    return util::failure("the command line needs buildx, which is not installed",
                         result.run.command_line,
                         "cacheproof toolchain install buildx (a `run` line that names docker or buildx itself has it "
                         "installed)");
  result.started = begun(line, daemon.client(), subscription, before);
  return result;
}

bool buildx_asked(const builder::BuildxBuilder& buildx, const std::string& ref) {
  const auto refs = builder::buildx_refs(buildx);
  return std::find(refs.begin(), refs.end(), ref) != refs.end();
}

bool is_of(const buildkit::RawBuild& build, const builder::BuildxBuilder& buildx, const std::string& mark) {
  const auto found = build.frontend_attributes.find(std::string(builder::k_mark));
  return found != build.frontend_attributes.end() ? found->second == mark : buildx_asked(buildx, build.ref);
}

util::Result<NamedText> dockerfile_of(const buildkit::RawBuild& build, const fs::path& context) {
  const auto named = build.frontend_attributes.find("filename");
  const auto name = named == build.frontend_attributes.end() ? std::string("Dockerfile") : named->second;
  if (!build.provenances.empty())
    if (auto text = buildkit::read_dockerfile(build.provenances.begin()->second))
      return NamedText{name, std::move(*text)};
  auto text = util::read_text(context / name);
  if (!text)
    return util::failure(
        fmt::format("the Dockerfile '{}' of a build that the command started is not known: the build's "
                    "provenance has none, and the context has no such file",
                    name),
        build.ref,
        "build from the context's own folder");
  return NamedText{name, std::move(*text)};
}

} // namespace cacheproof::engine
