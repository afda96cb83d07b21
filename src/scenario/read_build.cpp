#include "scenario/reader.hpp"

#include <string_view>
#include <utility>

namespace cacheproof::scenario {
namespace {

void read_args(Reader& reader, const Node& at, BuildSpec& build) {
  if (!at.is_map()) return reader.wrong_type(at, "a mapping of build arguments");
  check_duplicates(reader, at);
  for (std::size_t i = 0; i < at.entries(); ++i) {
    const auto& name = at.key(i);
    if (name.is_scalar()
        && (name.text.empty() || name.text.find_first_of(std::string_view("=\0", 2)) != std::string::npos))
      reader.report(codes::k_wrong_value, name, "a build argument needs a name, without '='");
    if (auto value = reader.text(at.value(i)); value && name.is_scalar())
      build.args.emplace_back(name.text, std::move(*value));
  }
}

void read_dockerfile(Reader& reader, const Node& at, BuildSpec& build) {
  if (auto path = reader.inner_path(at)) build.dockerfile = Text{std::move(*path), reader.spot(at)};
}

const std::vector<Key<BuildSpec>>& keys() {
  static const std::vector<Key<BuildSpec>> all{
      {"context", "a subfolder of the context", {}},
      {"dockerfile", "the Dockerfile, relative to the context", read_dockerfile, false, "dockerfile"},
      {"dockerfile_inline", "the text of a Dockerfile", {}, false, "dockerfile"},
      {"args", "build arguments", read_args},
      {"target",
       "the stage to build",
       [](Reader& reader, const Node& at, BuildSpec& build) { build.target = reader.text(at); }},
      {"cache_from",
       "caches to import",
       [](Reader& reader, const Node& at, BuildSpec& build) {
         build.cache_from = reader.texts(at, "a list like [\"type=registry,ref=…\"]");
       }},
      {"cache_to",
       "caches to export",
       [](Reader& reader, const Node& at, BuildSpec& build) {
         build.cache_to = reader.texts(at, "a list like [\"type=registry,ref=…,mode=max\"]");
       }},
      {"no_cache",
       "use no cache at all",
       [](Reader& reader, const Node& at, BuildSpec& build) { build.no_cache = reader.boolean(at); }},
      {"no_cache_filter", "stages that use no cache", {}},
      {"pull", "ask the registry for newer base images", {}},
      {"platforms", "platforms to build for", {}},
      {"labels", "labels of the image", {}},
      {"secrets", "secrets for RUN --mount=type=secret", {}},
      {"ssh", "agents for RUN --mount=type=ssh", {}},
      {"additional_contexts", "named contexts", {}},
      {"network", "the network of RUN", {}},
      {"tags", "names of the image", {}},
      {"shm_size", "size of /dev/shm", {}},
      {"ulimits", "limits of RUN", {}},
      {"extra_hosts", "entries of /etc/hosts", {}},
      {"entitlements", "rights of the build", {}},
      {"provenance", "the provenance attestation", {}},
      {"sbom", "the SBOM attestation", {}},
      {"output", "what comes out, in buildx's syntax", {}},
      {"frontend", "dockerfile.v0 or a gateway image", {}},
      {"env", "environment of the client", {}},
      {"client_args", "raw arguments of the client", {}},
  };
  return all;
}

} // namespace

void read_build(Reader& reader, const Node& at, BuildSpec& build) {
  if (at.is_scalar())
    return reader.report(
        codes::k_not_played_yet, at, "a command line for 'build' is part of the language but not played yet");
  read_keys(reader, at, "a mapping of build keys", keys(), build);
}

} // namespace cacheproof::scenario
