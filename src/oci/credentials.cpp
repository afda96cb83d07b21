#include "oci/credentials.hpp"

#include "oci/json.hpp"
#include "process/caller.hpp"
#include "process/process.hpp"
#include "util/base64.hpp"
#include "util/caller.hpp"
#include "util/files.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>

namespace cacheproof::oci {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

/// Under what name Docker's login keeps Docker Hub (docker/cli, registry.IndexServer).
constexpr std::string_view k_hub_key = "https://index.docker.io/v1/";

std::string key_of(std::string_view host) {
  return std::string(host == "docker.io" ? k_hub_key : host);
}

/// The host of a key: old logins wrote `https://HOST/v1/`.
std::string_view host_of(std::string_view key) {
  for (const std::string_view scheme : {"https://", "http://"})
    if (key.starts_with(scheme)) key.remove_prefix(scheme.size());
  return key.substr(0, key.find('/'));
}

json entry_of(const json& auths, std::string_view host) {
  if (auto exact = object_at(auths, key_of(host)); !exact.empty()) return exact;
  for (const auto& [key, entry] : auths.items())
    if (host_of(key) == host) return entry;
  return json::object();
}

util::Result<Credentials> from_entry(const json& entry, std::string_view host) {
  Credentials found{text_at(entry, "username"), text_at(entry, "password"), text_at(entry, "identitytoken")};
  const auto encoded = text_at(entry, "auth");
  if (encoded.empty()) return found;
  const auto pair = util::from_base64(encoded).value_or("");
  const auto colon = pair.find(':');
  if (colon == pair.npos)
    return util::failure("the login of " + std::string(host) + " cannot be read: `auth` is no NAME:PASSWORD in base64");
  found.username = pair.substr(0, colon);
  found.password = pair.substr(colon + 1);
  found.password.erase(std::min(found.password.find('\0'), found.password.size())); // as docker/cli does
  return found;
}

/// docker-credential-helpers' protocol: the server on stdin, JSON on stdout; `Username` `<token>` says that `Secret` is
/// an identity token, "credentials not found" and exit 1 that there are none.
util::Result<Credentials> ask_helper(const std::string& name, std::string_view host, std::stop_token stop) {
  const auto program = "docker-credential-" + name;
  process::RunOptions options;
  options.timeout = 30s; // some ask their user
  options.stop = std::move(stop);
  const auto command =
      process::as_caller({.argv = {"sh", "-c", R"(printf %s "$1" | "$0" get)", program, key_of(host)}});
  CP_TRY_ASSIGN(const auto finished, process::run(command, options));
  const auto tried = program + " get, for " + key_of(host);
  if (finished.interrupted) return util::failure("interrupted", tried, {}, util::Blame::interrupted);
  if (finished.timed_out) return util::failure("the credential helper does not answer", tried);
  if (!finished.exit.ok()) {
    if (finished.out.find("credentials not found") != std::string::npos) return Credentials{};
    return util::failure("the credential helper failed with " + process::to_text(finished.exit),
                         tried,
                         "run `docker login` again, or take the helper out of Docker's config.json");
  }
  const auto answer = parse_json(finished.out);
  if (!answer.is_object()) return util::failure("the credential helper did not answer with JSON", tried);
  const auto username = text_at(answer, "Username");
  const auto secret = text_at(answer, "Secret");
  return username == "<token>" ? Credentials{{}, {}, secret} : Credentials{username, secret, {}};
}

} // namespace

std::filesystem::path docker_config() {
  if (const char* folder = std::getenv("DOCKER_CONFIG"); folder && *folder) return folder;
  const auto caller = util::sudo_caller();
  const char* home = std::getenv("HOME");
  return (caller ? caller->home : std::filesystem::path(home ? home : "/")) / ".docker";
}

util::Result<Credentials>
find_credentials(std::string_view host, const std::filesystem::path& folder, std::stop_token stop) {
  const auto path = folder / "config.json";
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return Credentials{};
  CP_TRY_ASSIGN(const auto text, util::read_text(path));
  const auto config = parse_json(text);
  if (!config.is_object())
    return util::failure(
        "Docker's logins cannot be read: it is no JSON object", path.string(), "run `docker login` again");
  auto helper = text_at(object_at(config, "credHelpers"), key_of(host));
  if (helper.empty()) helper = text_at(object_at(config, "credHelpers"), std::string(host));
  if (helper.empty()) helper = text_at(config, "credsStore");
  if (!helper.empty()) {
    auto found = ask_helper(helper, host, std::move(stop));
    if (!found || !found->anonymous()) return found;
  }
  return from_entry(entry_of(object_at(config, "auths"), host), host);
}

} // namespace cacheproof::oci
