#include "oci/registry_client.hpp"

#include "http/download.hpp"
#include "oci/authentication.hpp"
#include "oci/json.hpp"
#include "util/hash.hpp"
#include "util/waiting.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace cacheproof::oci {
using namespace std::chrono_literals;
namespace {

constexpr std::string_view k_manifest_types = "application/vnd.oci.image.index.v1+json, "
                                              "application/vnd.oci.image.manifest.v1+json, "
                                              "application/vnd.docker.distribution.manifest.list.v2+json, "
                                              "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::size_t k_manifest_limit = std::size_t{4} << 20; // what registries take at most (distribution spec)

constexpr std::string_view k_docker_hub = "https://registry-1.docker.io";

std::string address_of(std::string_view url) {
  auto address = http::printable(url);
  if (const auto scheme = address.find("://"); scheme != address.npos) address.erase(0, scheme + 3);
  return address.substr(0, address.find('/'));
}

util::Status expect(const http::Response& response, int status, const std::string& url) {
  if (response.status == status) return {};
  const bool login = response.status == 401 || response.status == 403;
  return util::failure(fmt::format("the registry answered {} instead of {}", response.status, status),
                       http::printable(url),
                       login ? "docker login " + address_of(url) : response.body.substr(0, 300));
}

} // namespace

std::string registry_url(std::string_view host) {
  const auto name = host.substr(0, host.find(':'));
  std::string url = (name == "localhost" || name.starts_with("127.") ? "http://" : "https://") + std::string(host);
  if (host == "docker.io") {
    const char* stand_in = std::getenv("CACHEPROOF_DOCKER_HUB_URL");
    url = stand_in && *stand_in ? stand_in : k_docker_hub;
  }
  while (url.ends_with('/')) url.pop_back();
  return url;
}

util::Result<Endpoint> public_registry(std::string_view host, std::stop_token stop) {
  Endpoint endpoint{
      .url = registry_url(host), .credentials = {}, .connect_timeout = 2500ms, .answer_timeout = 10s, .attempts = 3};
  if (auto [user, password] = http::login_in(endpoint.url); !user.empty()) {
    endpoint.url = http::printable(endpoint.url); // it goes into files and messages
    endpoint.credentials = {std::move(user), std::move(password), {}};
    return endpoint;
  }
  const auto asked = endpoint.url == k_docker_hub ? "docker.io" : address_of(endpoint.url);
  CP_TRY_ASSIGN(endpoint.credentials, find_credentials(asked, docker_config(), std::move(stop)));
  return endpoint;
}

RegistryClient::RegistryClient(const std::string& address, std::stop_token stop)
    : RegistryClient(Endpoint{.url = "http://" + address}, std::move(stop)) {}

RegistryClient::RegistryClient(Endpoint endpoint, std::stop_token stop)
    : endpoint_(std::move(endpoint)),
      address_(address_of(endpoint_.url)),
      stop_(std::move(stop)) {}

std::string RegistryClient::url(std::string_view path) const {
  return fmt::format("{}/v2/{}", endpoint_.url, path);
}

util::Result<http::Response> RegistryClient::send(http::Request request) {
  request.connect_timeout = endpoint_.connect_timeout;
  request.answer_timeout = endpoint_.answer_timeout;
  const auto headers = request.headers;
  bool asked = false;
  for (int attempt = 1;; ++attempt) {
    request.headers = headers;
    if (!authorization_.empty()) request.headers.emplace_back("Authorization", authorization_);
    CP_TRY_ASSIGN(auto response, http::send(request, stop_));
    if (response.status == 401 && !std::exchange(asked, true)) {
      CP_TRY_ASSIGN(authorization_, authorize(response, endpoint_.credentials, request, stop_));
      --attempt;
      continue;
    }
    const bool reads = request.method == "GET" || request.method == "HEAD";
    const bool busy = response.status == 429 || response.status >= 500;
    if (!busy || !reads || attempt >= endpoint_.attempts) return response;
    util::wait(250ms * attempt, stop_);
  }
}

util::Status RegistryClient::ping() {
  const auto target = url("");
  CP_TRY_ASSIGN(const auto response, send({.url = target}));
  return expect(response, 200, target);
}

util::Result<std::vector<std::string>> RegistryClient::listed(const std::string& path, const std::string& key) {
  std::vector<std::string> names;
  std::string last;
  while (true) {
    const auto target = url(path + "?n=100" + (last.empty() ? "" : "&last=" + last));
    CP_TRY_ASSIGN(const auto response, send({.url = target}));
    CP_TRY(expect(response, 200, target));
    const auto json = parse_json(response.body);
    if (!json.is_object() || !json.contains(key) || !json[key].is_array())
      return util::failure(fmt::format("the registry's list of {} cannot be read", key), target);
    const auto page = texts_at(json, key);
    names.insert(names.end(), page.begin(), page.end());
    if (!response.header("Link") || names.empty() || names.back() == last) break;
    last = names.back();
  }
  std::sort(names.begin(), names.end());
  return names;
}

util::Result<std::vector<std::string>> RegistryClient::catalogue() {
  return listed("_catalog", "repositories");
}

util::Result<std::optional<Manifest>> RegistryClient::manifest(std::string_view repository,
                                                               std::string_view reference) {
  const auto target = url(fmt::format("{}/manifests/{}", repository, reference));
  CP_TRY_ASSIGN(
      auto response,
      send({.url = target, .headers = {{"Accept", std::string(k_manifest_types)}}, .max_body = k_manifest_limit}));
  if (response.status == 404) return std::optional<Manifest>();
  CP_TRY(expect(response, 200, target));
  Manifest manifest{.digest = util::sha256_digest(response.body),
                    .media_type = response.header("Content-Type").value_or(""),
                    .body = std::move(response.body)};
  if (reference.starts_with("sha256:") && manifest.digest != reference)
    return util::failure("the registry served another manifest: " + manifest.digest, target);
  return std::optional(std::move(manifest));
}

util::Result<std::string>
RegistryClient::blob(std::string_view repository, std::string_view digest, std::size_t limit) {
  const auto target = url(fmt::format("{}/blobs/{}", repository, digest));
  CP_TRY_ASSIGN(auto response, send({.url = target, .follow_redirects = true, .max_body = limit}));
  CP_TRY(expect(response, 200, target));
  if (const auto got = util::sha256_digest(response.body); got != digest)
    return util::failure("the registry served another blob: " + got, target);
  return std::move(response.body);
}

util::Status RegistryClient::blob_to(const std::filesystem::path& file,
                                     std::string_view repository,
                                     std::string_view digest,
                                     std::uint64_t limit) {
  const auto target = url(fmt::format("{}/blobs/{}", repository, digest));
  // Asks for the token first, where one is wanted; redirects are left to the download.
  CP_TRY_ASSIGN(const auto there, send({.method = "HEAD", .url = target}));
  if (there.status >= 400) CP_TRY(expect(there, 200, target));
  http::Download wanted{.url = target,
                        .headers = {},
                        .file = file,
                        .digest = std::string(digest),
                        .limit = limit,
                        .connect_timeout = endpoint_.connect_timeout,
                        .answer_timeout = endpoint_.answer_timeout};
  if (!authorization_.empty()) wanted.headers.emplace_back("Authorization", authorization_);
  CP_TRY(http::download(wanted, stop_));
  return {};
}

util::Status RegistryClient::put_blob(std::string_view repository, std::string_view digest, std::string_view bytes) {
  const auto there = url(fmt::format("{}/blobs/{}", repository, digest));
  CP_TRY_ASSIGN(const auto known, send({.method = "HEAD", .url = there}));
  if (known.ok()) return {};

  const auto start = url(fmt::format("{}/blobs/uploads/", repository));
  CP_TRY_ASSIGN(const auto begun, send({.method = "POST", .url = start}));
  CP_TRY(expect(begun, 202, start));
  auto location = begun.header("Location").value_or("");
  if (location.empty()) return util::failure("the registry names no place for an upload", start);
  if (location.starts_with('/')) location = endpoint_.url + location;
  location += fmt::format("{}digest={}", location.find('?') == location.npos ? '?' : '&', digest);
  CP_TRY_ASSIGN(const auto put,
                send({.method = "PUT",
                      .url = location,
                      .headers = {{"Content-Type", "application/octet-stream"}},
                      .body = std::string(bytes)}));
  return expect(put, 201, location);
}

util::Result<bool> RegistryClient::has_blob(std::string_view repository, std::string_view digest) {
  const auto target = url(fmt::format("{}/blobs/{}", repository, digest));
  CP_TRY_ASSIGN(const auto response, send({.method = "HEAD", .url = target}));
  if (response.status == 404) return false;
  CP_TRY(expect(response, 200, target));
  return true;
}

util::Result<std::vector<std::string>> RegistryClient::tags(std::string_view repository) {
  return listed(fmt::format("{}/tags/list", repository), "tags");
}

util::Status RegistryClient::remove_blob(std::string_view repository, std::string_view digest) {
  const auto target = url(fmt::format("{}/blobs/{}", repository, digest));
  CP_TRY_ASSIGN(const auto response, send({.method = "DELETE", .url = target}));
  return expect(response, 202, target);
}

util::Status RegistryClient::remove_manifest(std::string_view repository, std::string_view digest) {
  const auto target = url(fmt::format("{}/manifests/{}", repository, digest));
  CP_TRY_ASSIGN(const auto response, send({.method = "DELETE", .url = target}));
  return expect(response, 202, target);
}

util::Status RegistryClient::put_manifest(std::string_view repository,
                                          std::string_view reference,
                                          std::string_view media_type,
                                          std::string_view body) {
  const auto target = url(fmt::format("{}/manifests/{}", repository, reference));
  CP_TRY_ASSIGN(const auto response,
                send({.method = "PUT",
                      .url = target,
                      .headers = {{"Content-Type", std::string(media_type)}},
                      .body = std::string(body)}));
  return expect(response, 201, target);
}

} // namespace cacheproof::oci
