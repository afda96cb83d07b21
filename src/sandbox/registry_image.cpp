#include "sandbox/registry_image.hpp"

#include "process/process.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <chrono>
#include <system_error>
#include <utility>
#include <vector>

namespace cacheproof::sandbox {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// What `docker WORD…` prints; it is the caller's, with the engine that it reaches by the caller's environment.
util::Result<std::string> docker(std::vector<std::string> words,
                                 std::chrono::milliseconds limit,
                                 const std::stop_token& stop,
                                 const std::string& remedy) {
  words.insert(words.begin(), "docker");
  const process::Command command{std::move(words), {}, {}};
  auto finished = process::run(command, {.timeout = limit, .stop = stop, .on_output = {}, .before_stop = {}});
  if (!finished) return util::failure(finished.error().what, process::to_line(command), remedy);
  if (finished->exit.ok()) return std::string(util::trim(finished->out));
  const auto said = std::string(util::trim(finished->err));
  return util::failure(finished->timed_out ? fmt::format("docker gave no answer within {} s", limit.count() / 1000)
                       : said.empty()      ? "docker ended with " + to_text(finished->exit)
                                           : said.substr(said.rfind('\n') + 1),
                       process::to_line(command),
                       remedy,
                       finished->interrupted ? util::Blame::interrupted : util::Blame::rig);
}

} // namespace

util::Result<std::string> engine_version(const std::stop_token& stop) {
  auto version = docker({"version", "--format", "{{.Server.Version}}"},
                        5s,
                        stop,
                        "start a Docker engine, name it in DOCKER_HOST, or take --registry=process");
  if (!version) return tl::unexpected(util::within("no Docker engine answers", std::move(version).error()));
  return version;
}

bool has_image(const std::string& name) {
  return docker({"image", "inspect", "--format", "{{.Id}}", name}, 5s, {}, {}).has_value();
}

util::Status pull_image(const std::string& name, const std::stop_token& stop) {
  CP_TRY(docker({"pull", "--quiet", name}, 60s, stop, {}));
  return {};
}

util::Status build_registry_image(const fs::path& program, const std::string& name, const std::stop_token& stop) {
  CP_TRY_ASSIGN(const auto folder, util::TempDir::create());
  const auto& context = folder.path();
  CP_TRY(util::write_text(context / "Dockerfile", k_registry_dockerfile));
  CP_TRY(util::write_text(context / "config.yml", k_registry_configuration));
  std::error_code error;
  fs::copy_file(program, context / "registry", error);
  if (error) return util::failure("cannot copy " + program.string() + ": " + error.message());
  CP_TRY(docker({"build", "--quiet", "--tag", name, context.string()}, 120s, stop, "read docker/registry/Dockerfile"));
  return {};
}

} // namespace cacheproof::sandbox
