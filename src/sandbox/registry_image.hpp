#pragma once

#include "util/result.hpp"

#include <filesystem>
#include <stop_token>
#include <string>

namespace cacheproof::sandbox {

/// docker/registry/Dockerfile and config.yml, built in.
extern const char* const k_registry_dockerfile;
extern const char* const k_registry_configuration;

/// The version of the Docker engine that the caller's `docker` reaches; an error where none answers within five
/// seconds.
util::Result<std::string> engine_version(const std::stop_token& stop);

/// Whether that engine has the image, without asking a registry for it.
bool has_image(const std::string& name);

/// Has it pulled; gives up after a minute.
util::Status pull_image(const std::string& name, const std::stop_token& stop);

/// The name that the image of a registry's program has: its version and the beginning of its sha256, so that another
/// program is another image.
util::Result<std::string> registry_image_name(const std::filesystem::path& program);

/// Builds it from the program and the libraries that it needs here, as docker/registry/Dockerfile says. It stays in the
/// engine.
util::Status
build_registry_image(const std::filesystem::path& program, const std::string& name, const std::stop_token& stop);

} // namespace cacheproof::sandbox
