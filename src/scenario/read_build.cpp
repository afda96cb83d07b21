#include "scenario/build_values.hpp"
#include "scenario/command_line.hpp"
#include "scenario/reader.hpp"

#include <utility>

namespace cacheproof::scenario {
namespace {

using Spec = BuildSpec;

/// A key that holds one value of a member's type, read by `read`.
template <class Value, class Read> auto one(std::optional<Value> Spec::*member, Read read) {
  return [member, read](Reader& reader, const Node& at, Spec& build) { build.*member = read(reader, at); };
}
auto text(std::optional<Text> Spec::*member) {
  return one(member, [](Reader& reader, const Node& at) { return reader.text(at); });
}
auto boolean(std::optional<bool> Spec::*member) {
  return one(member, [](Reader& reader, const Node& at) { return reader.boolean(at); });
}
auto texts(std::optional<std::vector<Text>> Spec::*member, std::string_view what) {
  return one(member, [what](Reader& reader, const Node& at) { return reader.texts(at, what); });
}
auto named(Named Spec::*member, std::string_view what) {
  return [member, what](Reader& reader, const Node& at, Spec& build) { read_named(reader, at, what, build.*member); };
}

/// `NAME: VALUE`, or a list of `NAME=VALUE`.
Shape named_shape() {
  return shape::one_of({shape::names(shape::text(), "^[^=]+$"), shape::list(shape::text("="))});
}
Shape texts_shape() {
  return shape::list(shape::text());
}

Key<Spec> key(std::string_view name,
              std::string_view doc,
              std::function<void(Reader&, const Node&, Spec&)> read,
              Shape shape,
              std::string_view otherwise = {}) {
  return {name,
          doc,
          std::move(read),
          false,
          name.starts_with("dockerfile") ? "dockerfile" : "",
          std::move(shape),
          otherwise};
}

const std::vector<Key<Spec>>& keys() {
  static const std::vector<Key<Spec>> all{
      key("context",
          "a folder of the scenario's context",
          one(&Spec::context, read_subfolder),
          shape::text(),
          "all of it"),
      key("dockerfile",
          "the Dockerfile, relative to the context",
          one(&Spec::dockerfile, read_dockerfile_path),
          shape::text(),
          "`Dockerfile`"),
      key(
          "dockerfile_inline",
          "the text of a Dockerfile, kept outside of the context",
          [](Reader& reader, const Node& at, Spec& build) {
            if (auto written = reader.literal(at)) build.dockerfile_inline = Text{std::move(*written), reader.spot(at)};
          },
          shape::text()),
      key("args", "build arguments", named(&Spec::args, "a build argument"), named_shape()),
      key("target", "the stage to build", text(&Spec::target), shape::text(), "the last stage"),
      key("cache_from",
          "caches to import",
          texts(&Spec::cache_from, "a list like [\"type=registry,ref=…\"]"),
          texts_shape()),
      key("cache_to",
          "caches to export",
          texts(&Spec::cache_to, "a list like [\"type=registry,ref=…,mode=max\"]"),
          texts_shape()),
      key("no_cache", "use no cache at all", boolean(&Spec::no_cache), shape::boolean(), "false"),
      key("no_cache_filter",
          "stages that use no cache",
          texts(&Spec::no_cache_filter, "a list of stages"),
          texts_shape()),
      key("pull", "ask the registry for newer base images", boolean(&Spec::pull), shape::boolean(), "false"),
      key("platforms",
          "platforms to build for, like `linux/arm64`",
          one(&Spec::platforms, read_platforms),
          texts_shape(),
          "the daemon's own"),
      key("labels", "labels of the image", named(&Spec::labels, "a label"), named_shape()),
      key("secrets",
          "for `RUN --mount=type=secret`: as buildx takes them (`id=token,env=TOKEN`), or with their text",
          one(&Spec::secrets, read_credentials),
          credentials_shape()),
      key("ssh",
          "agents or keys for `RUN --mount=type=ssh`: as buildx takes them (`default=key.pem`), or with their text",
          one(&Spec::ssh, read_credentials),
          credentials_shape()),
      key("additional_contexts",
          "named contexts: a folder of the scenario's context, or an address like `docker-image://IMAGE`",
          read_additional_contexts,
          named_shape()),
      key("network",
          "the network of RUN",
          one(&Spec::network, read_network),
          shape::one_of({shape::choice({"default", "none", "host"}), shape::text("\\$\\{")}),
          "`default`"),
      key("tags", "names of the image that `output` makes", texts(&Spec::tags, "a list of names"), texts_shape()),
      key("shm_size", "size of /dev/shm: bytes, or a size like `64m`", one(&Spec::shm_size, read_size), shape::text()),
      key("ulimits", "limits of RUN", read_ulimits, ulimits_shape()),
      key("extra_hosts",
          "entries of /etc/hosts, as `NAME=ADDRESS` or a mapping",
          one(&Spec::extra_hosts, read_extra_hosts),
          shape::one_of({shape::names(shape::text()), shape::list(shape::text("^[^=:]+[=:][\\s\\S]"))})),
      key("entitlements",
          "rights of the build, like `network.host`",
          one(&Spec::entitlements, read_entitlements),
          texts_shape()),
      key("provenance", "the attestation: true, false or attributes", text(&Spec::provenance), shape::text()),
      key("sbom", "the attestation: true, false or attributes", text(&Spec::sbom), shape::text(), "false"),
      key("output",
          "what comes out, in buildx's syntax; its `dest` is relative to a folder of the case",
          one(&Spec::output, read_output),
          shape::one_of({shape::text(), texts_shape()}),
          "nothing"),
      key("frontend",
          "the builtin one, or an image that is one",
          text(&Spec::frontend),
          shape::text(),
          "`dockerfile.v0`"),
      key("env", "environment of the client", named(&Spec::env, "a variable"), named_shape()),
      key("client_args",
          "raw arguments of the client's `build`",
          texts(&Spec::client_args, "a list of arguments"),
          texts_shape()),
  };
  return all;
}

} // namespace

Shape build_shape() {
  // How a line begins, whatever quotes stand in it; the rest of it is too much for a pattern.
  constexpr std::string_view line =
      R"(\b(docker[\s"'\\]+build|(docker[\s"'\\]+(buildx|image|builder)|buildx)[\s"'\\]+b(uild)?|buildctl\b[\s\S]*\bb(uild)?)\b)";
  return shape::one_of({shape::table("build", keys), shape::text(line)});
}

void read_build(Reader& reader, const Node& at, BuildSpec& build) {
  if (at.is_scalar()) {
    auto line = read_command_line(reader, at);
    if (!line) return;
    read_keys(reader, line->keys, "a mapping of build keys", keys(), build);
    check_dockerfile_path(reader, line->keys, build);
    reader.command_lines.push_back(std::move(*line));
    return;
  }
  read_keys(reader, at, "a mapping of build keys", keys(), build);
  check_dockerfile_path(reader, at, build);
}

} // namespace cacheproof::scenario
