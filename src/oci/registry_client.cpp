#include "oci/registry_client.hpp"

#include "http/client.hpp"
#include "util/hash.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace cacheproof::oci {
namespace {

constexpr std::string_view k_manifest_types = "application/vnd.oci.image.index.v1+json, "
                                              "application/vnd.oci.image.manifest.v1+json, "
                                              "application/vnd.docker.distribution.manifest.list.v2+json, "
                                              "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::size_t k_manifest_limit = std::size_t{4} << 20; // what registries take at most (distribution spec)

util::Status expect(const http::Response& response, int status, const std::string& url) {
  if (response.status == status) return {};
  return util::failure(fmt::format("the registry answered {} instead of {}", response.status, status),
                       url,
                       response.body.substr(0, 300));
}

} // namespace

RegistryClient::RegistryClient(std::string address, std::stop_token stop)
    : address_(std::move(address)),
      stop_(std::move(stop)) {}

std::string RegistryClient::url(std::string_view path) const {
  return fmt::format("http://{}/v2/{}", address_, path);
}

util::Status RegistryClient::ping() {
  const auto target = url("");
  CP_TRY_ASSIGN(const auto response, http::send({.url = target}, stop_));
  return expect(response, 200, target);
}

util::Result<std::vector<std::string>> RegistryClient::catalogue() {
  std::vector<std::string> names;
  std::string last;
  while (true) {
    const auto target = url("_catalog?n=100" + (last.empty() ? "" : "&last=" + last));
    CP_TRY_ASSIGN(const auto response, http::send({.url = target}, stop_));
    CP_TRY(expect(response, 200, target));
    const auto json = nlohmann::json::parse(response.body, nullptr, false);
    if (!json.is_object() || !json.contains("repositories") || !json["repositories"].is_array())
      return util::failure("the registry's catalogue cannot be read", target);
    for (const auto& name : json["repositories"])
      if (name.is_string()) names.push_back(name.get<std::string>());
    if (!response.header("Link") || names.empty() || names.back() == last) break;
    last = names.back();
  }
  std::sort(names.begin(), names.end());
  return names;
}

util::Result<std::optional<Manifest>> RegistryClient::manifest(std::string_view repository,
                                                               std::string_view reference) {
  const auto target = url(fmt::format("{}/manifests/{}", repository, reference));
  CP_TRY_ASSIGN(
      auto response,
      http::send({.url = target, .headers = {{"Accept", std::string(k_manifest_types)}}, .max_body = k_manifest_limit},
                 stop_));
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
  CP_TRY_ASSIGN(auto response, http::send({.url = target, .follow_redirects = true, .max_body = limit}, stop_));
  CP_TRY(expect(response, 200, target));
  if (const auto got = util::sha256_digest(response.body); got != digest)
    return util::failure("the registry served another blob: " + got, target);
  return std::move(response.body);
}

util::Status RegistryClient::put_blob(std::string_view repository, std::string_view digest, std::string_view bytes) {
  const auto there = url(fmt::format("{}/blobs/{}", repository, digest));
  CP_TRY_ASSIGN(const auto known, http::send({.method = "HEAD", .url = there}, stop_));
  if (known.ok()) return {};

  const auto start = url(fmt::format("{}/blobs/uploads/", repository));
  CP_TRY_ASSIGN(const auto begun, http::send({.method = "POST", .url = start}, stop_));
  CP_TRY(expect(begun, 202, start));
  auto location = begun.header("Location").value_or("");
  if (location.empty()) return util::failure("the registry names no place for an upload", start);
  if (location.starts_with('/')) location = "http://" + address_ + location;
  location += fmt::format("{}digest={}", location.find('?') == location.npos ? '?' : '&', digest);
  CP_TRY_ASSIGN(const auto put,
                http::send({.method = "PUT",
                            .url = location,
                            .headers = {{"Content-Type", "application/octet-stream"}},
                            .body = std::string(bytes)},
                           stop_));
  return expect(put, 201, location);
}

util::Status RegistryClient::put_manifest(std::string_view repository,
                                          std::string_view reference,
                                          std::string_view media_type,
                                          std::string_view body) {
  const auto target = url(fmt::format("{}/manifests/{}", repository, reference));
  CP_TRY_ASSIGN(const auto response,
                http::send({.method = "PUT",
                            .url = target,
                            .headers = {{"Content-Type", std::string(media_type)}},
                            .body = std::string(body)},
                           stop_));
  return expect(response, 201, target);
}

} // namespace cacheproof::oci
