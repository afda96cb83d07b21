#pragma once

#include <span>
#include <string_view>

namespace cacheproof::scenario {

/// What a flag of a client says in the scenario language.
struct ClientFlag {
  enum class Meaning {
    one,     ///< the value of a key
    item,    ///< one more item of a key's list
    items,   ///< several, with commas between
    yes,     ///< a key that is true
    file,    ///< the Dockerfile, from where the client stands
    attest,  ///< an attestation of either type
    folder,  ///< buildctl --local
    option,  ///< buildctl --opt
    raw,     ///< an option of the frontend that has no key: `key` is its name
    nothing, ///< it changes nothing about a build's cache: accepted, and named once
    refused, ///< it means something that is not played: `key` says what
  };
  std::string_view name;
  Meaning meaning = Meaning::nothing;
  std::string_view key = {};
  char letter = 0;
  bool valued = true; ///< takes a value; else it may have one behind `=`
};

/// The flags of `docker build` and `docker buildx build` (docker 28.2.2 with its own builder, buildx v0.36.1), and of
/// `buildctl build` (v0.34.2) with those that stand before `build`. Tests compare them with the programs' `--help`.
std::span<const ClientFlag> docker_flags();
std::span<const ClientFlag> buildctl_flags();
std::span<const ClientFlag> buildctl_global_flags();

} // namespace cacheproof::scenario
