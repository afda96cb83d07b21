#include "sandbox/registry_image.hpp"

#include "process/libraries.hpp"
#include "sandbox/docker.hpp"
#include "util/files.hpp"
#include "util/hash.hpp"

#include <chrono>
#include <map>
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

util::Result<std::string> registry_image_name(const fs::path& program) {
  CP_TRY_ASSIGN(const auto sum, util::sha256_file(program));
  return "cacheproof/registry:" + sum.substr(0, 12);
}

util::Status build_registry_image(const fs::path& program, const std::string& name, const std::stop_token& stop) {
  CP_TRY_ASSIGN(const auto folder, util::TempDir::create());
  const auto& context = folder.path();
  CP_TRY(util::write_text(context / "Dockerfile", k_registry_dockerfile));
  CP_TRY(util::write_text(context / "config.yml", k_registry_configuration));
  std::map<fs::path, fs::path> parts{{"bin/registry", program}};
  CP_TRY_ASSIGN(const auto libraries, process::libraries(program));
  for (const auto& library : libraries) parts[library.relative_path()] = library;
  for (const auto& [place, file] : parts) {
    CP_TRY(util::make_directories((context / "root" / place).parent_path()));
    std::error_code error;
    fs::copy_file(file, context / "root" / place, error);
    if (error) return util::failure("cannot copy " + file.string() + ": " + error.message());
  }
  CP_TRY(docker({"build", "--quiet", "--tag", name, context.string()}, 120s, stop, "read docker/registry/Dockerfile"));
  return {};
}

} // namespace cacheproof::sandbox
