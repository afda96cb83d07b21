#include "scenario/reader.hpp"
#include "util/text.hpp"
#include "util/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

// `setup`: the clean state of a case, and what of it the rounds may name.
namespace cacheproof::scenario {
namespace {

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

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
    const auto name = reader.word(key, "the name of a builder");
    if (!name) continue;
    NamedBuilder builder{*name, {}, reader.spot(key)};
    if (!is_name(*name))
      reader.report(codes::k_wrong_value, key, "a builder's name is made of letters, digits, '_' and '-'");
    read_keys(reader, at.value(i), fmt::format("a mapping for '{}'", *name), builder_keys(), builder);
    if (!scenario.builders.find(*name)) scenario.builders.named.push_back(std::move(builder));
  }
}

/// A key whose only value that is played is `fresh`.
Key<Scenario> fresh_key(std::string_view name, std::string_view doc, std::string_view later, Shape shape) {
  return {name,
          doc,
          [name, later](Reader& reader, const Node& at, Scenario&) {
            if (at.is_scalar() && at.text == "fresh") return;
            if (at.is_map() || (at.is_scalar() && at.text == later))
              reader.report(codes::k_not_played_yet,
                            at,
                            fmt::format("'{}' other than 'fresh' is part of the language but not played yet", name));
            else
              reader.wrong_type(at, "'fresh'");
          },
          false,
          {},
          std::move(shape),
          "`fresh`"};
}

void read_images(Reader& reader, const Node& at, Scenario& scenario) {
  if (!at.is_map()) return reader.wrong_type(at, "a mapping from image names to 'busybox' or 'upstream'");
  check_duplicates(reader, at);
  for (std::size_t i = 0; i < at.entries(); ++i) {
    const auto& name = at.key(i);
    const auto& value = at.value(i);
    if (!name.is_scalar()) continue;
    if (name.text.empty()) reader.report(codes::k_wrong_value, name, "an image needs a name");
    BaseImage image;
    image.spot = reader.spot(value);
    if (value.is_scalar() && value.text == "upstream")
      image.kind = BaseImage::Kind::upstream;
    else if (value.is_map())
      reader.report(
          codes::k_not_played_yet, value, "an inline image under 'images' is part of the language but not played yet");
    else if (!value.is_scalar() || value.text != "busybox")
      reader.wrong_type(value, "'busybox' or 'upstream'");
    scenario.images[name.text] = std::move(image);
  }
}

const std::vector<Key<Scenario>>& setup_keys() {
  static const std::vector<Key<Scenario>> keys{
      {"builder",
       "`fresh`: a new, empty daemon for every round; `kept`: one for the case; or several by name, each kept",
       read_builder,
       false,
       {},
       shape::one_of({shape::choice({"fresh", "kept"}),
                      shape::filled(shape::names(shape::table("builder", builder_keys), "^[A-Za-z0-9_-]+$"))}),
       "`fresh`"},
      fresh_key("registry",
                "`fresh`: a new, empty registry per case",
                "fresh",
                shape::one_of({shape::choice({"fresh"}), shape::names(shape::later())})),
      {"images",
       "base images by the name that the Dockerfile uses: `busybox` is the built-in static base",
       read_images,
       false,
       {},
       shape::names(shape::one_of({shape::choice({"busybox", "upstream"}), shape::names(shape::later())}), "."),
       "`upstream`"},
      {"http", "files of a small server", {}, false, {}, shape::later(), "none"},
      {"daemon", "buildkitd.toml, environment, flags", {}, false, {}, shape::later()},
  };
  return keys;
}

/// The version of a builder in every cell; said once of the first in which it is none.
void check_version(Reader& reader, const Scenario& scenario, const NamedBuilder& builder) {
  if (!builder.buildkit || !reader.matrix_is_sound) return;
  for (const auto& cell : cells(scenario)) {
    const auto version = expand(builder.buildkit->value, {cell.begin(), cell.end()});
    if (util::Version::parse(version)) continue;
    return reader.report_text(codes::k_wrong_value,
                              *builder.buildkit,
                              fmt::format("'{}' is no version", version),
                              "a whole one, for example 0.17.3");
  }
}

} // namespace

void read_setup(Reader& reader, const Node& at, Scenario& scenario) {
  read_keys(reader, at, "a mapping for 'setup'", setup_keys(), scenario);
}

Shape setup_shape() {
  return shape::table("setup", setup_keys);
}

void check_builders(Reader& reader, const Scenario& scenario) {
  const auto& builders = scenario.builders;
  std::vector<std::string> names;
  for (const auto& builder : builders.named) {
    check_version(reader, scenario, builder);
    names.push_back(builder.name);
  }
  for (const auto& round : scenario.rounds) {
    if (round.builder && names.empty()) {
      reader.report_text(codes::k_wrong_value,
                         *round.builder,
                         "no builder has a name here",
                         fmt::format("setup: {{builder: {{{}: {{}}}}}} makes one", round.builder->value));
    } else if (round.builder && !builders.find(round.builder->value)) {
      const auto near = util::nearest(round.builder->value, names);
      reader.report_text(codes::k_wrong_value,
                         *round.builder,
                         fmt::format("unknown builder '{}'", round.builder->value),
                         near ? fmt::format("did you mean '{}'?", *near) : "there are: " + util::join(names, ", "));
    } else if (!round.builder && names.size() > 1) {
      reader.report_at(codes::k_missing_key,
                       round.spot.line,
                       round.spot.column,
                       "the round does not say which builder it is built on",
                       "'builder' takes: " + util::join(names, ", "));
    }
  }
}

} // namespace cacheproof::scenario
