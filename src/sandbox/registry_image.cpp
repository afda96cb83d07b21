#include "sandbox/registry_image.hpp"

#include "sandbox/docker.hpp"
#include "util/files.hpp"

#include <chrono>
#include <system_error>
#include <utility>

namespace cacheproof::sandbox {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

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
