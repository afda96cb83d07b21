#pragma once

#include "util/result.hpp"

#include <string>
#include <string_view>

namespace cacheproof::oci {

/// An image name, completed as Docker completes it (distribution/reference, "familiar names"): `alpine` is
/// docker.io/library/alpine:latest.
struct Reference {
  std::string host;       ///< `docker.io`, `127.0.0.1:5000`
  std::string repository; ///< `library/alpine`
  std::string tag;        ///< `latest` where neither tag nor digest is given; empty beside a digest without a tag
  std::string digest;     ///< `sha256:…` or empty
  bool operator==(const Reference&) const = default;
};

/// A name that no registry could have is an error of the user's input.
util::Result<Reference> parse_reference(std::string_view text);

/// Written in full: `docker.io/library/alpine:latest`.
std::string to_text(const Reference& reference);

} // namespace cacheproof::oci
