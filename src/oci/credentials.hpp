#pragma once

#include "util/result.hpp"

#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>

namespace cacheproof::oci {

/// What a registry is shown of its user. Secrets: they go into no message, log or evidence.
struct Credentials {
  std::string username;
  std::string password;
  std::string identity_token; ///< an OAuth2 refresh token, which some helpers give instead of a password
  bool anonymous() const { return username.empty() && identity_token.empty(); }
  bool operator==(const Credentials&) const = default;
};

/// Where Docker keeps its user's logins: $DOCKER_CONFIG, else ~/.docker; under sudo the home of the user who called.
std::filesystem::path docker_config();

/// What `docker login` left for `host` (`docker.io`, `ghcr.io`, `127.0.0.1:5000`) in `folder`/config.json, by Docker's
/// rules: `credHelpers`, else `credsStore` (`docker-credential-NAME get`, as the calling user), else `auths`. Anonymous
/// where nothing is said of the host; an error where the file or the helper cannot be used.
util::Result<Credentials> find_credentials(std::string_view host,
                                           const std::filesystem::path& folder = docker_config(),
                                           std::stop_token stop = {});

} // namespace cacheproof::oci
