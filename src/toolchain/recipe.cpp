#include "oci/platform.hpp"
#include "toolchain/sources.hpp"
#include "util/version.hpp"

#include <fmt/format.h>

namespace cacheproof::toolchain {
namespace {

const Recipe k_buildkit{.kind = Kind::buildkit,
                        .name = "buildkit",
                        .title = "BuildKit",
                        .programs = {"buildkitd", "buildctl"},
                        .version_arguments = {"--version"}, // `buildkitd github.com/moby/buildkit v0.34.2 REVISION`
                        .releases_url = "https://github.com/moby/buildkit/releases/download",
                        .releases_api = "https://api.github.com/repos/moby/buildkit/releases?per_page=100",
                        .release_file = "{v}/buildkit-{v}.linux-{arch}.tar.gz",
                        .release_folder = "bin/",
                        .module = "github.com/moby/buildkit",
                        .module_version = "{v}",
                        .packages = {"./cmd/buildkitd", "./cmd/buildctl"},
                        .version_variable = "/version.Version",
                        .image = "moby/buildkit",
                        .image_tag = "{v}",
                        .image_places = {"usr/bin/"}};

const Recipe k_buildx{.kind = Kind::buildx,
                      .name = "buildx",
                      .title = "buildx",
                      .programs = {"buildx"},
                      .version_arguments = {"version"}, // `github.com/docker/buildx v0.36.1 REVISION`
                      .releases_url = "https://github.com/docker/buildx/releases/download",
                      .releases_api = "https://api.github.com/repos/docker/buildx/releases?per_page=100",
                      .release_file = "{v}/buildx-{v}.linux-{arch}",
                      .release_folder = {},
                      .module = "github.com/docker/buildx",
                      .module_version = "{v}",
                      .packages = {"./cmd/buildx"},
                      .version_variable = "/version.Version",
                      .image = "docker/buildx-bin",
                      .image_tag = "{number}",
                      // Or where the docker CLI looks for plugins (docker/cli, cli-plugins/manager).
                      .image_places = {"",
                                       "usr/local/lib/docker/cli-plugins/docker-",
                                       "usr/local/libexec/docker/cli-plugins/docker-",
                                       "usr/lib/docker/cli-plugins/docker-",
                                       "usr/libexec/docker/cli-plugins/docker-"}};

const Recipe k_registry{.kind = Kind::registry,
                        .name = "registry",
                        .title = "registry",
                        .programs = {"registry"},
                        .version_arguments = {"--version"}, // `registry github.com/distribution/distribution/v3 3.0.0`
                        .releases_url = "https://github.com/distribution/distribution/releases/download",
                        .releases_api = "https://api.github.com/repos/distribution/distribution/releases?per_page=100",
                        .release_file = "{v}/registry_{number}_linux_{arch}.tar.gz",
                        .release_folder = {},
                        .module = "github.com/distribution/distribution/v3",
                        .module_version = "{v}",
                        .packages = {"./cmd/registry"},
                        .version_variable = "/version.version",
                        .image = "library/registry",
                        .image_tag = "{number}",
                        .image_places = {"bin/"}};

// Docker Hub has it as docker/dockerfile, under numbers of its own that do not tell BuildKit's (`1.5`), and no release
// has it alone: who wants those pulls them as `upstream`.
const Recipe k_frontend{.kind = Kind::frontend,
                        .name = "frontend",
                        .title = "Dockerfile frontend",
                        .programs = {"dockerfile-frontend"},
                        .version_arguments = {"--version"}, // `PATH github.com/moby/buildkit/… v0.34.2 REVISION`
                        .releases_url = {},
                        .releases_api = {},
                        .release_file = {},
                        .release_folder = {},
                        .module = "github.com/moby/buildkit",
                        .module_version = "{v}",
                        .packages = {"./frontend/dockerfile/cmd/dockerfile-frontend"},
                        .version_variable = "main.Version",
                        .image = {},
                        .image_tag = {},
                        .image_places = {}};

// From 29.0 on the module is another one, whose versions are no longer the engine's.
const Recipe k_docker{.kind = Kind::docker,
                      .name = "docker",
                      .title = "Docker",
                      .programs = {"dockerd"},
                      .extras = {"containerd", "containerd-shim-runc-v2", "runc", "docker-init", "docker-proxy"},
                      .version_arguments = {"--version"}, // `Docker version 28.5.2, build REVISION`
                      .releases_url = "https://download.docker.com/linux/static/{channel}/{machine}",
                      .releases_api = "https://api.github.com/repos/moby/moby/releases?per_page=100",
                      .release_file = "docker-{number}.tgz",
                      .release_folder = "docker/",
                      .deb = {"docker.io", "containerd"},
                      .module = "github.com/docker/docker",
                      .module_version = "{v}+incompatible",
                      .tagged_module = "github.com/moby/moby/v2",
                      .tagged_ref = "docker-{v}",
                      .packages = {"./cmd/dockerd"},
                      .version_variable = "/dockerversion.Version",
                      .said_version = "{number}",
                      .image = "library/docker", // its tags with `dind`
                      .image_tag = {},
                      .image_places = {"usr/local/bin/", "usr/bin/"}};

} // namespace

const Recipe& recipe(Kind kind) {
  switch (kind) {
  case Kind::buildx:
    return k_buildx;
  case Kind::registry:
    return k_registry;
  case Kind::frontend:
    return k_frontend;
  case Kind::docker:
    return k_docker;
  case Kind::buildkit:
    break;
  }
  return k_buildkit;
}

Sources sources_of(const Recipe& recipe, const Sources& wanted) {
  return {.release = wanted.release && !recipe.releases_url.empty(),
          .image = wanted.image && !recipe.image_tag.empty(),
          .deb = wanted.deb && !recipe.deb.empty(),
          .module = wanted.module};
}

ModuleName module_of(const Order& order) {
  const auto& recipe = order.recipe;
  if (!order.pinned.tag.empty())
    return {recipe.tagged_module.empty() ? recipe.module : recipe.tagged_module, order.pinned.tag};
  return {recipe.module, fill_in(recipe.module_version, order.version)};
}

std::string fill_in(std::string_view pattern, std::string_view version) {
  const auto parsed = util::Version::parse(version);
  return fmt::format(fmt::runtime(pattern),
                     fmt::arg("v", version),
                     fmt::arg("number", version.substr(version.starts_with('v') ? 1 : 0)),
                     fmt::arg("arch", oci::architecture()),
                     fmt::arg("machine", oci::machine()),
                     fmt::arg("channel", parsed && !parsed->prerelease.empty() ? "test" : "stable"));
}

} // namespace cacheproof::toolchain
