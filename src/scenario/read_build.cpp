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
      {"context", "a subfolder of the context", {}, false, {}, shape::path()},
      {"dockerfile",
       "the Dockerfile, relative to the context",
       read_dockerfile,
       false,
       "dockerfile",
       shape::path(),
       "`Dockerfile`"},
      {"dockerfile_inline", "the text of a Dockerfile", {}, false, "dockerfile", shape::text()},
      {"args", "build arguments", read_args, false, {}, shape::names(shape::text(), "^[^=]+$")},
      {"target",
       "the stage to build",
       [](Reader& reader, const Node& at, BuildSpec& build) { build.target = reader.text(at); },
       false,
       {},
       shape::text(),
       "the last stage"},
      {"cache_from",
       "caches to import",
       [](Reader& reader, const Node& at, BuildSpec& build) {
         build.cache_from = reader.texts(at, "a list like [\"type=registry,ref=…\"]");
       },
       false,
       {},
       shape::list(shape::text())},
      {"cache_to",
       "caches to export",
       [](Reader& reader, const Node& at, BuildSpec& build) {
         build.cache_to = reader.texts(at, "a list like [\"type=registry,ref=…,mode=max\"]");
       },
       false,
       {},
       shape::list(shape::text())},
      {"no_cache",
       "use no cache at all",
       [](Reader& reader, const Node& at, BuildSpec& build) { build.no_cache = reader.boolean(at); },
       false,
       {},
       shape::boolean(),
       "false"},
      {"no_cache_filter", "stages that use no cache", {}, false, {}, shape::list(shape::text())},
      {"pull", "ask the registry for newer base images", {}, false, {}, shape::boolean()},
      {"platforms", "platforms to build for", {}, false, {}, shape::list(shape::text())},
      {"labels", "labels of the image", {}, false, {}, shape::names(shape::text())},
      {"secrets", "secrets for RUN --mount=type=secret", {}, false, {}, shape::later()},
      {"ssh", "agents for RUN --mount=type=ssh", {}, false, {}, shape::later()},
      {"additional_contexts", "named contexts", {}, false, {}, shape::names(shape::text())},
      {"network", "the network of RUN", {}, false, {}, shape::choice({"default", "none", "host"})},
      {"tags", "names of the image", {}, false, {}, shape::list(shape::text())},
      {"shm_size", "size of /dev/shm", {}, false, {}, shape::text()},
      {"ulimits", "limits of RUN", {}, false, {}, shape::later()},
      {"extra_hosts", "entries of /etc/hosts", {}, false, {}, shape::later()},
      {"entitlements", "rights of the build", {}, false, {}, shape::list(shape::text())},
      {"provenance", "the provenance attestation", {}, false, {}, shape::text()},
      {"sbom", "the SBOM attestation", {}, false, {}, shape::text()},
      {"output", "what comes out, in buildx's syntax", {}, false, {}, shape::later()},
      {"frontend", "dockerfile.v0 or a gateway image", {}, false, {}, shape::text()},
      {"env", "environment of the client", {}, false, {}, shape::names(shape::text())},
      {"client_args", "raw arguments of the client", {}, false, {}, shape::list(shape::text())},
  };
  return all;
}

} // namespace

Shape build_shape() {
  return shape::one_of({shape::table("build", keys), shape::text()});
}

void read_build(Reader& reader, const Node& at, BuildSpec& build) {
  if (at.is_scalar())
    return reader.report(
        codes::k_not_played_yet, at, "a command line for 'build' is part of the language but not played yet");
  read_keys(reader, at, "a mapping of build keys", keys(), build);
}

} // namespace cacheproof::scenario
