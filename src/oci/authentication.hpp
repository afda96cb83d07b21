#pragma once

#include "http/client.hpp"
#include "oci/credentials.hpp"
#include "util/result.hpp"

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace cacheproof::oci {

/// What a WWW-Authenticate header asks for (RFC 9110, 11.6.1): `Bearer realm="…",service="…",scope="…"`.
struct Challenge {
  std::string scheme;                            ///< in lower case
  std::map<std::string, std::string> parameters; ///< names in lower case
  bool operator==(const Challenge&) const = default;
};

/// Nothing for a header that cannot be read.
std::optional<Challenge> parse_challenge(std::string_view header);

/// The value of the Authorization header that answers a 401: a token of the service that the registry names
/// (distribution's token specification), else Basic. `like` gives the time limits. An error where the registry wants a
/// login that is not there, or the token service gives none; never with a secret in it.
util::Result<std::string> authorize(const http::Response& refusal,
                                    const Credentials& credentials,
                                    const http::Request& like,
                                    std::stop_token stop);

} // namespace cacheproof::oci
