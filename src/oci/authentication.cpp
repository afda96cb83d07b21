#include "oci/authentication.hpp"

#include "oci/json.hpp"
#include "util/base64.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

namespace cacheproof::oci {
namespace {

/// RFC 3986, 2.3: everything but these is encoded in a query or a form.
std::string encoded(std::string_view text) {
  std::string result;
  for (const unsigned char c : text)
    result += std::isalnum(c) || std::string_view("-._~").find(static_cast<char>(c)) != std::string_view::npos
                  ? std::string(1, static_cast<char>(c))
                  : fmt::format("%{:02X}", c);
  return result;
}

std::string parameter(const Challenge& challenge, const char* name) {
  const auto found = challenge.parameters.find(name);
  return found == challenge.parameters.end() ? "" : found->second;
}

std::string basic(const Credentials& credentials) {
  return "Basic " + util::base64(credentials.username + ":" + credentials.password);
}

/// `service=…&scope=…&scope=…`: a scope of several words is several scopes.
std::string query(const Challenge& challenge) {
  std::vector<std::string> parts;
  if (const auto service = parameter(challenge, "service"); !service.empty())
    parts.push_back("service=" + encoded(service));
  for (const auto& scope : util::split(parameter(challenge, "scope"), ' '))
    if (!scope.empty()) parts.push_back("scope=" + encoded(scope));
  return util::join(parts, "&");
}

/// What asks the token service: a GET with the login, or OAuth2's POST for those who have a refresh token.
http::Request token_request(const Challenge& challenge, const Credentials& credentials, const http::Request& like) {
  http::Request request{.url = parameter(challenge, "realm"),
                        .connect_timeout = like.connect_timeout,
                        .answer_timeout = like.answer_timeout};
  if (!credentials.identity_token.empty()) {
    request.method = "POST";
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    request.body = fmt::format("grant_type=refresh_token&client_id=cacheproof&service={}&scope={}&refresh_token={}",
                               encoded(parameter(challenge, "service")),
                               encoded(parameter(challenge, "scope")),
                               encoded(credentials.identity_token));
    return request;
  }
  if (const auto words = query(challenge); !words.empty())
    request.url += (request.url.find('?') == std::string::npos ? '?' : '&') + words;
  if (!credentials.username.empty()) request.headers.emplace_back("Authorization", basic(credentials));
  return request;
}

util::Result<std::string>
bearer(const Challenge& challenge, const Credentials& credentials, const http::Request& like, std::stop_token stop) {
  const auto realm = parameter(challenge, "realm");
  if (like.url.starts_with("https:") && !realm.starts_with("https:"))
    return util::failure("the registry names a token service without encryption", http::printable(realm));
  const auto request = token_request(challenge, credentials, like);
  CP_TRY_ASSIGN(const auto response, http::send(request, std::move(stop)));
  const auto tried = "token for " + parameter(challenge, "scope") + " from " + http::printable(realm);
  if (!response.ok())
    return util::failure(fmt::format("the token service answered {}", response.status),
                         tried,
                         credentials.anonymous() ? "" : "run `docker login` again");
  const auto json = parse_json(response.body);
  for (const auto* key : {"token", "access_token"}) // the second is OAuth2's word for the same
    if (json.is_object() && json.contains(key) && json[key].is_string())
      return "Bearer " + json[key].get<std::string>();
  return util::failure("the token service gave no token", tried);
}

} // namespace

std::optional<Challenge> parse_challenge(std::string_view header) {
  header = util::trim(header);
  const auto blank = std::min(header.find(' '), header.size());
  Challenge challenge{util::lower(header.substr(0, blank)), {}};
  if (challenge.scheme.empty()) return {};
  std::size_t at = blank;
  while (true) {
    at = header.find_first_not_of(" ,", at);
    if (at == header.npos) return challenge;
    const auto equals = header.find('=', at);
    if (equals == header.npos) return {};
    const auto name = util::lower(util::trim(header.substr(at, equals - at)));
    std::string value;
    at = equals + 1;
    if (at < header.size() && header[at] == '"') {
      for (++at; at < header.size() && header[at] != '"'; ++at) {
        if (header[at] == '\\' && at + 1 < header.size()) ++at;
        value += header[at];
      }
      if (at == header.size()) return {};
      ++at;
    } else {
      const auto end = std::min(header.find_first_of(" ,", at), header.size());
      value = header.substr(at, end - at);
      at = end;
    }
    challenge.parameters.emplace(name, value);
  }
}

util::Result<std::string> authorize(const http::Response& refusal,
                                    const Credentials& credentials,
                                    const http::Request& like,
                                    std::stop_token stop) {
  std::vector<std::string> schemes;
  for (const auto& [name, value] : refusal.headers) {
    if (util::lower(name) != "www-authenticate") continue;
    const auto challenge = parse_challenge(value);
    if (!challenge) continue;
    if (challenge->scheme == "bearer") return bearer(*challenge, credentials, like, std::move(stop));
    schemes.push_back(challenge->scheme);
  }
  const auto tried = like.method + ' ' + http::printable(like.url);
  if (std::find(schemes.begin(), schemes.end(), "basic") == schemes.end())
    return util::failure("the registry answered 401 and does not say how to log in", tried);
  if (credentials.username.empty())
    return util::failure("the registry wants a login, and Docker's config.json has none for it", tried, "docker login");
  return basic(credentials);
}

} // namespace cacheproof::oci
