#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cacheproof::builder {

using Named = std::vector<std::pair<std::string, std::string>>;

/// A secret or a key for SSH: the client's own words, and a content that is to be kept in a file for it.
struct Credential {
  std::string words;
  std::optional<std::string> text;
};

/// What is asked of a builder: one build, with everything expanded and every path absolute. What is empty is not asked.
struct BuildRequest {
  bool raw_progress = false; ///< buildx prints what happens as JSON (`--progress=rawjson`), not for people
  std::filesystem::path context;
  std::string dockerfile = "Dockerfile";      ///< relative to the context
  std::optional<std::string> dockerfile_text; ///< in its place
  std::string target;                         ///< empty: the last stage
  Named args;
  std::vector<std::string> cache_from; ///< as buildx takes them: `type=registry,ref=…`, or a bare ref for a registry
  std::vector<std::string> cache_to;
  bool no_cache = false;
  std::vector<std::string> no_cache_filter; ///< stages
  bool pull = false;
  std::vector<std::string> platforms;
  Named labels;
  std::vector<Credential> secrets;
  std::vector<Credential> ssh;
  Named additional_contexts; ///< name → absolute folder, or an address with a scheme
  std::string network;
  std::vector<std::string> tags;        ///< names of what `output` makes
  std::string shm_size;                 ///< bytes
  Named ulimits;                        ///< name → `soft:hard`
  std::vector<std::string> extra_hosts; ///< `name=address`
  std::vector<std::string> entitlements;
  std::string provenance; ///< `true`, `false` or attributes, as buildx takes them
  std::string sbom;
  std::vector<std::string> output; ///< as buildx takes them; a `dest` is relative to `scratch`/output
  std::string frontend;            ///< `dockerfile.v0`, as without one, or an image
  std::vector<std::string> client_args;
  std::string mark;                               ///< told to the daemon, by which it knows this build of several
  std::map<std::string, std::string> environment; ///< the whole of the client's
  std::filesystem::path scratch; ///< a folder of the build's own, for what it needs and makes outside of the context
  std::filesystem::path home;    ///< where a client keeps from build to build what it knows, who it is among it
  std::string name;              ///< that no other build with that `home` has; a letter first
};

/// Whether a `provenance` or an `sbom` is wanted: both are also said to be not.
inline bool is_asked(std::string_view attestation) {
  return !attestation.empty() && attestation != "false";
}

/// BuildKit's own name of the frontend that is built into it.
inline constexpr std::string_view k_builtin_frontend = "dockerfile.v0";

} // namespace cacheproof::builder
