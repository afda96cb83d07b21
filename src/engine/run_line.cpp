#include "engine/run_line.hpp"

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

/// A folder in which `buildctl` is the one of the daemon.
util::Status make_programs(const fs::path& folder, const fs::path& buildctl) {
  CP_TRY(util::remove_tree(folder));
  CP_TRY(util::make_directories(folder));
  std::error_code error;
  fs::create_symlink(buildctl, folder / "buildctl", error);
  if (error) return util::failure(fmt::format("cannot link {}: {}", (folder / "buildctl").string(), error.message()));
  return {};
}

/// Hears of every build that begins while it lives.
class Subscription {
public:
  explicit Subscription(buildkit::Client& client)
      : thread_([this, &client](const std::stop_token& stop) {
          const auto heard = [this](const buildkit::RawBuild& build) { refs_.push_back(build.ref); };
          listened_ = client.listen(heard, stop);
        }) {}

  /// What was heard, in its order.
  util::Result<std::vector<std::string>> end() {
    thread_.request_stop();
    thread_.join();
    CP_TRY(std::move(listened_));
    return std::move(refs_);
  }

private:
  std::vector<std::string> refs_; // with the next, the thread's until it has ended
  util::Status listened_;
  std::jthread thread_;
};

/// What a subscription heard and what the history has more: one that began before the subscription stood is in the
/// history, one that the history has forgotten was heard.
util::Result<std::vector<std::string>>
begun(buildkit::Client& client, Subscription& subscription, const std::vector<std::string>& before) {
  CP_TRY_ASSIGN(auto found, subscription.end());
  CP_TRY_ASSIGN(const auto after, client.history(k_history_limit));
  found.insert(found.end(), after.begin(), after.end());
  std::vector<std::string> refs;
  for (auto& ref : found) {
    const auto is = [&](const auto& all) { return std::find(all.begin(), all.end(), ref) != all.end(); };
    if (!is(before) && !is(refs)) refs.push_back(std::move(ref));
  }
  return refs;
}

} // namespace

util::Result<LineRun>
run_line(const std::string& line, CaseWorld& world, const fs::path& programs, process::RunOptions options) {
  CP_TRY(make_programs(programs, world.buildctl()));
  auto& daemon = world.daemon();
  auto environment = world.client_environment();
  environment["PATH"] = programs.string() + ":" + environment["PATH"];
  environment["BUILDKIT_HOST"] = daemon.address();
  environment["BUILDX_BUILDER"] = "cacheproof";
  environment["DOCKER_HOST"] = "unix://" + (world.folder() / "no-docker.sock").string();
  environment["REGISTRY"] = world.sandbox().registry().place();

  CP_TRY_ASSIGN(const auto before, daemon.client().history(k_history_limit));
  Subscription subscription(daemon.client());
  const process::Command command{{"/bin/sh", "-c", line}, environment, world.context().folder()};
  LineRun result;
  result.run.command_line = process::to_line(command);
  options.on_output = [&](std::string_view piece) { result.run.log += piece; };
  CP_TRY_ASSIGN(const auto finished, process::run(command, options));
  result.run.exit = finished.exit;
  result.run.timed_out = finished.timed_out;
  result.run.interrupted = finished.interrupted;
  result.refs = begun(daemon.client(), subscription, before);
  return result;
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
