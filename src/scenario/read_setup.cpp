#include "scenario/reader.hpp"
#include "util/text.hpp"
#include "util/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

// `setup`: the clean state of a case, and what of it the rounds may name.
namespace cacheproof::scenario {
namespace {

const std::vector<Key<NamedBuilder>>& builder_keys() {
  static const std::vector<Key<NamedBuilder>> keys{
      {"buildkit",
       "its version; without one that of the case",
       [](Reader& reader, const Node& at, NamedBuilder& builder) { builder.buildkit = reader.text(at, "a version"); },
       false,
       {},
       shape::text()}};
  return keys;
}

void read_builder(Reader& reader, const Node& at, Scenario& scenario) {
  using Kind = Builders::Kind;
  if (at.is_scalar() && (at.text == "fresh" || at.text == "kept")) {
    scenario.builders.kind = at.text == "kept" ? Kind::kept : Kind::fresh;
    return;
  }
  if (!at.is_map() || at.entries() == 0)
    return reader.wrong_type(at, "'fresh', 'kept' or builders by name like {ci: {buildkit: 0.17.3}, laptop: {}}");
  check_duplicates(reader, at);
  scenario.builders.kind = Kind::named;
  for (std::size_t i = 0; i < at.entries(); ++i) {
    const auto& key = at.key(i);
    const auto name = key.is_scalar() ? reader.word(key) : std::nullopt;
    if (!name) continue;
    NamedBuilder builder{*name, {}, reader.spot(key)};
    if (!is_plain_name(*name))
      reader.report(codes::k_wrong_value, key, "a builder's name is made of letters, digits, '_' and '-'");
    read_keys(reader, at.value(i), fmt::format("a mapping for '{}'", *name), builder_keys(), builder);
    if (!scenario.builders.find(*name)) scenario.builders.named.push_back(std::move(builder));
  }
}

struct Instances {
  std::size_t count = 1;
};

const std::vector<Key<Instances>>& registry_keys() {
  static const std::vector<Key<Instances>> keys{{"instances",
                                                 "how many: `${registry}`, `${registry2}`, …",
                                                 [](Reader& reader, const Node& at, Instances& instances) {
                                                   const auto count = at.is_scalar()
                                                                          ? util::parse_number<std::size_t>(at.text)
                                                                          : std::nullopt;
                                                   if (!count || *count < 1 || *count > 9)
                                                     return reader.wrong_type(at, "a number from 1 to 9");
                                                   instances.count = *count;
                                                 },
                                                 true,
                                                 {},
                                                 shape::number(1, 9)}};
  return keys;
}

void read_registry(Reader& reader, const Node& at, Scenario& scenario) {
  if (at.is_scalar() && at.text == "fresh") return;
  if (!at.is_map()) return reader.wrong_type(at, "'fresh' or a mapping like {instances: 2}");
  Instances instances;
  read_keys(reader, at, "a mapping for 'registry'", registry_keys(), instances);
  scenario.registries = instances.count;
  for (std::size_t i = 2; i <= instances.count; ++i) reader.variables.push_back(fmt::format("registry{}", i));
}

/// A mapping from names to texts.
template <class Value, class Read>
void read_names(Reader& reader, const Node& at, std::string_view what, std::map<std::string, Value>& into, Read read) {
  if (!at.is_map()) return reader.wrong_type(at, what);
  check_duplicates(reader, at);
  for (std::size_t i = 0; i < at.entries(); ++i) {
    const auto& key = at.key(i);
    if (!key.is_scalar()) continue;
    if (key.text.empty() || key.text.find('=') != std::string::npos || key.text.find('\0') != std::string::npos) {
      reader.report(codes::k_wrong_value, key, "a name is not empty and has no '='");
      continue;
    }
    if (auto value = read(at.value(i))) into[key.text] = std::move(*value);
  }
}

auto text_of(Reader& reader) {
  return [&reader](const Node& value) { return reader.text(value); };
}

void read_image_files(Reader& reader, const Node& at, ImageContent& content) {
  if (!at.is_map()) return reader.wrong_type(at, "a mapping from paths to texts");
  check_duplicates(reader, at);
  for (std::size_t i = 0; i < at.entries(); ++i) {
    const auto path = reader.rooted_path(at.key(i));
    auto text = reader.literal(at.value(i));
    if (path && text) content.files[*path] = std::move(*text);
  }
}

void read_images(Reader& reader, const Node& at, Scenario& scenario) {
  constexpr std::string_view expected = "'busybox', 'frontend', 'upstream' or a mapping like {labels: {a: b}}";
  if (!at.is_map())
    return reader.wrong_type(at, "a mapping from image names to 'busybox', 'frontend', 'upstream' or mappings");
  check_duplicates(reader, at);
  for (std::size_t i = 0; i < at.entries(); ++i) {
    const auto& name = at.key(i);
    const auto& value = at.value(i);
    if (!name.is_scalar()) continue;
    if (name.text.empty()) reader.report(codes::k_wrong_value, name, "an image needs a name");
    BaseImage image;
    image.spot = reader.spot(value);
    if (value.is_map()) {
      image.kind = BaseImage::Kind::inlined;
      read_keys(reader, value, "a mapping for an image", image_content_keys(), image.content);
    } else if (value.is_scalar() && value.text == "upstream") {
      image.kind = BaseImage::Kind::upstream;
    } else if (value.is_scalar() && value.text == "frontend") {
      image.kind = BaseImage::Kind::inlined;
      image.content.frontend = Text{{}, image.spot};
    } else if (!value.is_scalar() || value.text != "busybox") {
      reader.wrong_type(value, expected);
    }
    scenario.images[name.text] = std::move(image);
  }
}

/// Double quotes around it, as RFC 9110 (8.8.3) has them.
void read_etag(Reader& reader, const Node& at, ServedFile& file) {
  auto etag = reader.literal(at);
  if (!etag) return;
  const auto plain = [](char c) { return static_cast<unsigned char>(c) >= 0x21 && c != 0x7F; };
  if (etag->empty() || !std::all_of(etag->begin(), etag->end(), plain))
    return reader.report(codes::k_wrong_value, at, "an entity tag has no blanks and no control characters");
  const bool quoted = etag->size() > 1 && etag->ends_with('"') && (etag->starts_with('"') || etag->starts_with("W/\""));
  file.etag = quoted ? std::move(*etag) : "\"" + *etag + "\"";
}

void read_last_modified(Reader& reader, const Node& at, ServedFile& file) {
  constexpr std::int64_t second = 1'000'000'000;
  const auto time = reader.time(at);
  if (!time) return;
  if (*time % second != 0)
    return reader.report(codes::k_wrong_value, at, "a Last-Modified header has whole seconds (RFC 9110, 5.6.7)");
  file.last_modified = *time / second;
}

void read_http(Reader& reader, const Node& at, Scenario& scenario) {
  if (!at.is_map() || at.entries() == 0) return reader.wrong_type(at, "a mapping from paths to texts or mappings");
  check_duplicates(reader, at);
  reader.variables.emplace_back("http");
  for (std::size_t i = 0; i < at.entries(); ++i) {
    const auto path = reader.rooted_path(at.key(i));
    ServedFile file;
    file.spot = reader.spot(at.key(i));
    const auto& value = at.value(i);
    if (value.is_map())
      read_keys(reader, value, "a mapping for a served file", served_file_keys(), file);
    else
      file.text = reader.literal(value);
    if (!path) continue;
    file.path = *path;
    if (!file.text) file.text = "";
    scenario.http.push_back(std::move(file));
  }
}

const std::vector<Key<DaemonExtras>>& daemon_keys() {
  static const std::vector<Key<DaemonExtras>> keys{
      {"config",
       "text of buildkitd.toml beside the sandbox's own",
       [](Reader& reader, const Node& at, DaemonExtras& extras) {
         if (auto config = reader.text(at)) extras.config = std::move(config->value);
       },
       false,
       {},
       shape::text()},
      {"env",
       "variables of its environment",
       [](Reader& reader, const Node& at, DaemonExtras& extras) {
         read_names(reader, at, "a mapping from names to texts", extras.env, text_of(reader));
       },
       false,
       {},
       shape::names(shape::text(), "^[^=]+$")},
      {"flags",
       "more of its command line",
       [](Reader& reader, const Node& at, DaemonExtras& extras) {
         extras.flags = reader.texts(at, "a list of flags").value_or(std::vector<Text>{});
       },
       false,
       {},
       shape::list(shape::text())}};
  return keys;
}

void read_daemon(Reader& reader, const Node& at, Scenario& scenario) {
  DaemonExtras extras;
  extras.spot = reader.spot(at);
  if (read_keys(reader, at, "a mapping for 'daemon'", daemon_keys(), extras)) scenario.daemon = std::move(extras);
}

const std::vector<Key<Scenario>>& setup_keys() {
  static const std::vector<Key<Scenario>> keys{
      {"builder",
       "`fresh`: a new, empty daemon for every round; `kept`: one for the case; or several by name, each kept",
       read_builder,
       false,
       {},
       shape::one_of({shape::choice({"fresh", "kept"}),
                      shape::filled(shape::names(shape::table("builder", builder_keys), k_plain_name))}),
       "`fresh`"},
      {"registry",
       "`fresh`: a new, empty registry per case; or several of them",
       read_registry,
       false,
       {},
       shape::one_of({shape::choice({"fresh"}), shape::table("registry", registry_keys)}),
       "`fresh`"},
      {"images",
       "images by the name that the build uses: `busybox` is the built-in static base, a mapping adds to it; "
       "`frontend` is "
       "BuildKit's for Dockerfiles",
       read_images,
       false,
       {},
       shape::names(shape::one_of({shape::choice({"busybox", "frontend", "upstream"}),
                                   shape::table("image", image_content_keys)}),
                    "."),
       "`upstream`"},
      {"http",
       "files of a small server at `${http}`, by their path",
       read_http,
       false,
       {},
       shape::filled(shape::names(shape::one_of({shape::text(), shape::table("served file", served_file_keys)}))),
       "none"},
      {"daemon", "beside the sandbox's own", read_daemon, false, {}, shape::table("daemon", daemon_keys)},
  };
  return keys;
}

/// A version in every cell; said once of the first in which it is none.
void check_version(Reader& reader, const Scenario& scenario, const Text& written) {
  if (!reader.matrix_is_sound) return;
  for (const auto& cell : cells(scenario)) {
    const auto version = expand(written.value, {cell.begin(), cell.end()});
    const bool played = std::any_of(scenario.matrix.begin(), scenario.matrix.end(), [&](const auto& dimension) {
      return dimension.second.empty() && written.value == "${" + dimension.first + "}";
    });
    if (played || util::Version::parse(version)) continue;
    return reader.report_text(codes::k_wrong_value,
                              written,
                              fmt::format("'{}' is no version", version),
                              did_you_mean(version, reader.versions["buildkit"], "a whole one, for example 0.17.3"));
  }
}

} // namespace

const std::vector<Key<ImageContent>>& image_content_keys() {
  static const std::vector<Key<ImageContent>> keys{
      {"files",
       "path → text, mode 0644, in a layer of their own",
       read_image_files,
       false,
       {},
       shape::names(shape::text())},
      {"env",
       "variables of its configuration",
       [](Reader& reader, const Node& at, ImageContent& content) {
         read_names(reader, at, "a mapping from names to texts", content.env, text_of(reader));
       },
       false,
       {},
       shape::names(shape::text(), "^[^=]+$")},
      {"labels",
       "labels of its configuration",
       [](Reader& reader, const Node& at, ImageContent& content) {
         read_names(reader, at, "a mapping from names to texts", content.labels, text_of(reader));
       },
       false,
       {},
       shape::names(shape::text(), "^[^=]+$")},
      {"entrypoint",
       "the program that it starts, with its arguments",
       [](Reader& reader, const Node& at, ImageContent& content) {
         content.entrypoint = reader.texts(at, "a list like [sh, /scan.sh]");
       },
       false,
       {},
       shape::list(shape::text())},
      {"frontend",
       "a version of BuildKit: the image is that one's Dockerfile frontend",
       [](Reader& reader, const Node& at, ImageContent& content) {
         content.frontend = reader.text(at, "a version");
         if (content.frontend && content.frontend->value.empty()) reader.wrong_type(at, "a version like v0.34.2");
       },
       false,
       {},
       shape::text()}};
  return keys;
}

const std::vector<Key<ServedFile>>& served_file_keys() {
  static const std::vector<Key<ServedFile>> keys{
      {"text",
       "its content",
       [](Reader& reader, const Node& at, ServedFile& file) { file.text = reader.literal(at); },
       false,
       {},
       shape::text()},
      {"etag", "its ETag header", read_etag, false, {}, shape::text(), "no such header"},
      {"last_modified", "its Last-Modified header", read_last_modified, false, {}, shape::time(), "no such header"}};
  return keys;
}

void read_setup(Reader& reader, const Node& at, Scenario& scenario) {
  read_keys(reader, at, "a mapping for 'setup'", setup_keys(), scenario);
}

Shape setup_shape() {
  return shape::table("setup", setup_keys);
}

void check_frontends(Reader& reader, const Scenario& scenario) {
  const auto check = [&](const ImageContent& content) {
    if (content.frontend && !content.frontend->value.empty()) check_version(reader, scenario, *content.frontend);
  };
  for (const auto& [name, image] : scenario.images) check(image.content);
  for (const auto& round : scenario.rounds)
    for (const auto& action : round.actions) check(action.content);
}

void check_builders(Reader& reader, const Scenario& scenario) {
  const auto& builders = scenario.builders;
  std::vector<std::string> names;
  for (const auto& builder : builders.named) {
    if (builder.buildkit) check_version(reader, scenario, *builder.buildkit);
    names.push_back(builder.name);
  }
  const auto check = [&](const Round& build, std::string_view what) {
    if (build.builder && names.empty()) {
      reader.report_text(codes::k_wrong_value,
                         *build.builder,
                         "no builder has a name here",
                         fmt::format("setup: {{builder: {{{}: {{}}}}}} makes one", build.builder->value));
    } else if (build.builder && !builders.find(build.builder->value)) {
      reader.report_text(codes::k_wrong_value,
                         *build.builder,
                         fmt::format("unknown builder '{}'", build.builder->value),
                         did_you_mean(build.builder->value, names, "there are: " + util::join(names, ", ")));
    } else if (!build.builder && names.size() > 1) {
      reader.report_at(codes::k_missing_key,
                       build.spot,
                       fmt::format("the {} does not say which builder it is built on", what),
                       "'builder' takes: " + util::join(names, ", "));
    }
  };
  for (const auto& round : scenario.rounds) {
    if (round.builder || round.parallel.empty() || !round.actions.empty()) check(round, "round");
    for (const auto& build : round.parallel)
      if (!round.builder || build.builder != round.builder) check(build, "build");
  }
}

} // namespace cacheproof::scenario
