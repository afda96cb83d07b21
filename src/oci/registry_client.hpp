#pragma once

#include "http/client.hpp"
#include "oci/credentials.hpp"
#include "util/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::oci {

/// What stands under a tag: an image, an index, a cache.
struct Manifest {
  std::string digest; ///< of the body, computed here
  std::string media_type;
  std::string body;
};

/// Where a registry is, and how it is spoken to.
struct Endpoint {
  std::string url; ///< `http://127.0.0.1:5000`, `https://ghcr.io`
  Credentials credentials;
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);
  std::chrono::milliseconds answer_timeout = std::chrono::minutes(1);
  int attempts = 1; ///< of a request that reads, where the answer is 429 or 5xx
};

/// The registry that serves images of `host`: over https, on loopback over http; for `docker.io` what
/// $CACHEPROOF_DOCKER_HUB_URL names, else Docker Hub. `https://ghcr.io`
std::string registry_url(std::string_view host);

/// That registry with the login that stands in its URL, which then has none, else with the user's of the host that is
/// really asked; its time limits are those of the Internet.
util::Result<Endpoint> public_registry(std::string_view host, std::stop_token stop = {});

/// Speaks the OCI distribution API (v1.1) to a registry. A 401 is answered with a token or with the login of the
/// endpoint. Whatever is read by digest is verified against it. One thread at a time.
class RegistryClient {
public:
  /// A registry of a sandbox, on loopback over plain HTTP: `address` is `host:port`. Every wait ends when a stop is
  /// requested.
  explicit RegistryClient(const std::string& address, std::stop_token stop = {});
  explicit RegistryClient(Endpoint endpoint, std::stop_token stop = {});

  /// `host:port`
  const std::string& address() const { return address_; }

  /// Whether it answers at all.
  util::Status ping();
  /// The names of all repositories, sorted.
  util::Result<std::vector<std::string>> catalogue();
  /// `reference` is a tag or a digest. Nothing where the repository or the reference does not exist.
  util::Result<std::optional<Manifest>> manifest(std::string_view repository, std::string_view reference);
  /// A blob of up to `limit` bytes; a longer one is an error.
  util::Result<std::string> blob(std::string_view repository, std::string_view digest, std::size_t limit);
  /// A blob of up to `limit` bytes as a file; a transfer that breaks is resumed. After an error there is no file.
  util::Status
  blob_to(const std::filesystem::path& file, std::string_view repository, std::string_view digest, std::uint64_t limit);
  /// Uploads `bytes` under `digest`; one that is there already is not sent again.
  util::Status put_blob(std::string_view repository, std::string_view digest, std::string_view bytes);
  util::Status put_manifest(std::string_view repository,
                            std::string_view reference,
                            std::string_view media_type,
                            std::string_view body);

  /// Whether a blob is there.
  util::Result<bool> has_blob(std::string_view repository, std::string_view digest);
  /// The tags of a repository, sorted; an error where it has none.
  util::Result<std::vector<std::string>> tags(std::string_view repository);
  /// Takes a blob out of a repository.
  util::Status remove_blob(std::string_view repository, std::string_view digest);
  /// By digest, with all tags that name it: what every registry can. `docker-registry` 2.8 takes out no single tag.
  util::Status remove_manifest(std::string_view repository, std::string_view digest);

private:
  std::string url(std::string_view path) const;
  /// All pages of a list of names.
  util::Result<std::vector<std::string>> listed(const std::string& path, const std::string& key);
  /// With the time limits of the endpoint, and with what it wants to see of the user.
  util::Result<http::Response> send(http::Request request);
  Endpoint endpoint_;
  std::string address_;
  std::string authorization_; ///< what the registry took last: a token may be for one repository only
  std::stop_token stop_;
};

} // namespace cacheproof::oci
