#include "sandbox/refusal.hpp"

#include "oci/json.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstring>
#include <map>
#include <optional>

namespace cacheproof::sandbox {
namespace {

using nlohmann::json;
using oci::text_at;

/// The error codes of the distribution specification.
std::optional<int> status_of(const std::string& code) {
  static const std::map<std::string, int> statuses{{"TOOMANYREQUESTS", 429},
                                                   {"UNAUTHORIZED", 401},
                                                   {"DENIED", 403},
                                                   {"MANIFEST_UNKNOWN", 404},
                                                   {"NAME_UNKNOWN", 404},
                                                   {"BLOB_UNKNOWN", 404}};
  const auto found = statuses.find(code);
  if (found == statuses.end()) return {};
  return found->second;
}

/// The innermost statement: of a registry (`code`, `message`), of an HTTP client (`StatusCode`) or of Go's network
/// (`Err`: a text, or the number of an errno).
std::optional<Refusal> innermost(const json& node) {
  if (node.is_structured())
    for (const auto& inner : node)
      if (auto found = innermost(inner)) return found;
  if (!node.is_object()) return {};
  if (const auto status = status_of(text_at(node, "code"))) return Refusal{*status, text_at(node, "message")};
  if (const auto found = node.find("StatusCode"); found != node.end() && found->is_number_integer())
    return Refusal{found->get<int>(), text_at(node, "Response")};
  if (const auto found = node.find("Err"); found != node.end() && found->is_number_integer())
    return Refusal{0, std::strerror(found->get<int>())};
  if (const auto words = text_at(node, "Err"); !words.empty()) return Refusal{0, words};
  return {};
}

} // namespace

Refusal read_refusal(std::string_view body) {
  const auto answer = json::parse(body, nullptr, false);
  if (auto found = innermost(answer)) return std::move(*found);
  return {0, std::string(body.substr(0, 500))};
}

util::Error to_error(const Refusal& refusal, const std::string& image, Obstacle obstacle) {
  const auto host = image.substr(0, image.find('/'));
  const auto words = refusal.words.empty() ? "" : ": " + refusal.words;
  const auto error = [&](const std::string& why, const std::string& remedy) {
    return util::Error{util::Blame::rig, fmt::format("the image {} could not be pulled: {}", image, why), {}, remedy};
  };
  switch (refusal.status) {
  case 429:
    return error(
        "the registry answers 429 Too Many Requests (its rate limit)" + words,
        "wait, or log in (docker login): a user may pull more often; what was pulled once is not asked for again");
  case 401:
  case 403:
    if (obstacle == Obstacle::basic)
      return error(fmt::format("the registry answers {} and wants name and password (Basic)", refusal.status) + words,
                   "the mirror knows logins with tokens only (docker-registry 2.8): serve the image from a registry "
                   "that needs no login, or from the sandbox (`setup: {images: {NAME: busybox}}`)");
    if (obstacle == Obstacle::identity_token)
      return error(fmt::format("the registry answers {}, and the login for it is an identity token", refusal.status)
                       + words,
                   fmt::format("the mirror knows name and password only (docker-registry 2.8): docker login {} with a "
                               "password or an access token",
                               host));
    return error(fmt::format("the registry answers {}, it wants a login", refusal.status) + words,
                 fmt::format("docker login {} as the user who calls cacheproof; a registry may also answer so for an "
                             "image that does not exist",
                             host));
  case 404:
    return error("there is no such image" + words, "check its name and its tag in the Dockerfile");
  case 0:
    return error("the registry cannot be reached" + words,
                 "check the network, or serve the image from the sandbox (`setup: {images: {NAME: busybox}}`)");
  default:
    return error(fmt::format("the registry answers {}", refusal.status) + words,
                 "try again later; the trouble is the registry's");
  }
}

} // namespace cacheproof::sandbox
