#pragma once

#include "util/result.hpp"

#include <cstddef>
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

/// Speaks the OCI distribution API (v1.1) to a registry over plain HTTP: those of a sandbox, on loopback, without
/// authentication. Whatever is read by digest is verified against it.
class RegistryClient {
public:
  /// `address` is `host:port`. Every wait ends when a stop is requested.
  explicit RegistryClient(std::string address, std::stop_token stop = {});

  const std::string& address() const { return address_; }

  /// Whether it answers at all.
  util::Status ping();
  /// The names of all repositories, sorted.
  util::Result<std::vector<std::string>> catalogue();
  /// `reference` is a tag or a digest. Nothing where the repository or the reference does not exist.
  util::Result<std::optional<Manifest>> manifest(std::string_view repository, std::string_view reference);
  /// A blob of up to `limit` bytes; a longer one is an error.
  util::Result<std::string> blob(std::string_view repository, std::string_view digest, std::size_t limit);
  /// Uploads `bytes` under `digest`; one that is there already is not sent again.
  util::Status put_blob(std::string_view repository, std::string_view digest, std::string_view bytes);
  util::Status put_manifest(std::string_view repository,
                            std::string_view reference,
                            std::string_view media_type,
                            std::string_view body);

private:
  std::string url(std::string_view path) const;
  std::string address_;
  std::stop_token stop_;
};

} // namespace cacheproof::oci
