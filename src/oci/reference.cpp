#include "oci/reference.hpp"

#include <algorithm>
#include <regex>

namespace cacheproof::oci {

util::Result<Reference> parse_reference(std::string_view text) {
  const auto refuse = [&](const std::string& why) {
    return util::failure("'" + std::string(text) + "' is not an image name: " + why, {}, {}, util::Blame::input);
  };
  Reference reference;
  std::string name(text);
  if (const auto at = name.find('@'); at != name.npos) {
    reference.digest = name.substr(at + 1);
    name.resize(at);
    static const std::regex digest("sha256:[0-9a-f]{64}");
    if (!std::regex_match(reference.digest, digest)) return refuse("a digest is sha256: and 64 hex digits");
  }
  // A colon behind the last slash begins a tag, one before it a port.
  const auto slash = name.rfind('/');
  if (const auto colon = name.rfind(':'); colon != name.npos && (slash == name.npos || colon > slash)) {
    reference.tag = name.substr(colon + 1);
    name.resize(colon);
    static const std::regex tag("[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}");
    if (!std::regex_match(reference.tag, tag)) return refuse("a tag is up to 128 letters, digits, '_', '.' and '-'");
  } else if (reference.digest.empty()) {
    reference.tag = "latest";
  }
  // The first part is a host only if it looks like one: Docker's rule, which keeps `a/b` on docker.io.
  const auto first = name.substr(0, name.find('/'));
  if (first.size() < name.size() && (first.find_first_of(".:") != first.npos || first == "localhost")) {
    reference.host = first == "index.docker.io" ? "docker.io" : first;
    name.erase(0, first.size() + 1);
  } else {
    reference.host = "docker.io";
  }
  if (reference.host == "docker.io" && name.find('/') == name.npos) name.insert(0, "library/");
  constexpr std::size_t longest = 255; // distribution/reference
  if (std::max(reference.host.size(), name.size()) > longest)
    return refuse("a host and a repository have at most 255 characters");
  static const std::regex host("[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]+)?");
  if (!std::regex_match(reference.host, host)) return refuse("'" + reference.host + "' is no host");
  static const std::regex path("[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*");
  if (!std::regex_match(name, path)) return refuse("a repository has small letters, digits, and '.', '_', '-' between");
  reference.repository = std::move(name);
  return reference;
}

std::string to_text(const Reference& reference) {
  return reference.host + '/' + reference.repository + (reference.tag.empty() ? "" : ':' + reference.tag)
         + (reference.digest.empty() ? "" : '@' + reference.digest);
}

} // namespace cacheproof::oci
