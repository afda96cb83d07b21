#include "scenario/build_values.hpp"

#include "util/csv.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <regex>

namespace cacheproof::scenario {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

bool has_variable(const std::string& text) {
  return text.find("${") != std::string::npos;
}

std::string meant(const std::string& word, const Names& candidates) {
  return did_you_mean(word, candidates, "known here: " + util::join(candidates, ", "));
}

void refuse_path(Reader& reader, const Node& at, const std::string& path) {
  reader.report(codes::k_bad_path,
                at,
                fmt::format("the path '{}' leads out of the scenario's context", path),
                "folders of a build are below the scenario's `context`");
}

/// A text that is one of `known`, unless a variable says which.
std::optional<Text> one_of(Reader& reader, const Node& at, std::string_view what, const Names& known) {
  auto value = reader.text(at, what);
  if (!value || has_variable(value->value) || std::find(known.begin(), known.end(), value->value) != known.end())
    return value;
  reader.report(
      codes::k_wrong_value, at, fmt::format("'{}' is not {}", value->value, what), meant(value->value, known));
  return std::nullopt;
}

const std::vector<Key<Credential>>& credential_keys() {
  static const std::vector<Key<Credential>> keys{
      {"id",
       "its name",
       [](Reader& reader, const Node& at, Credential& one) {
         if (auto id = reader.word(at)) one.words = {std::move(*id), reader.spot(at)};
         if (at.is_scalar() && (at.text.empty() || at.text.find_first_of(",=\"") != std::string::npos))
           reader.report(codes::k_wrong_value, at, "an id has no ',', '=' or quote and is not empty");
       },
       true,
       {},
       shape::text("^[^,=\"]+$")},
      {"text",
       "its content, never interpolated, kept outside of the context",
       [](Reader& reader, const Node& at, Credential& one) { one.text = reader.literal(at); },
       true,
       {},
       shape::text()},
  };
  return keys;
}

struct Limit {
  std::string soft;
  std::string hard;
};

std::string read_limit(Reader& reader, const Node& at) {
  if (at.is_scalar() && util::parse_number<std::int64_t>(at.text).value_or(-2) >= -1) return at.text;
  reader.wrong_type(at, "a number, or -1 for no limit");
  return {};
}

Shape limit_shape() {
  return shape::text("^(-1|[0-9]+)$");
}

const std::vector<Key<Limit>>& limit_keys() {
  static const std::vector<Key<Limit>> keys{
      {"soft",
       "may be raised",
       [](Reader& reader, const Node& at, Limit& limit) { limit.soft = read_limit(reader, at); },
       true,
       {},
       limit_shape()},
      {"hard",
       "the most",
       [](Reader& reader, const Node& at, Limit& limit) { limit.hard = read_limit(reader, at); },
       true,
       {},
       limit_shape()},
  };
  return keys;
}

} // namespace

void read_named(Reader& reader, const Node& at, std::string_view what, Named& into) {
  const auto check_name = [&](const Node& where, const std::string& name) {
    if (!name.empty() && name.find_first_of(std::string_view("=\0", 2)) == std::string::npos) return;
    reader.report(codes::k_wrong_value, where, fmt::format("{} needs a name, without '='", what));
  };
  if (at.is_sequence()) {
    for (const auto& child : at.children) {
      auto value = reader.text(child);
      if (!value) continue;
      const auto equals = value->value.find('=');
      if (equals == std::string::npos) {
        reader.wrong_type(child, "NAME=VALUE");
        continue;
      }
      const auto name = value->value.substr(0, equals);
      check_name(child, name);
      into.emplace_back(name, Text{value->value.substr(equals + 1), value->spot});
    }
    return;
  }
  if (!at.is_map()) return reader.wrong_type(at, "a mapping of NAME: VALUE");
  check_duplicates(reader, at);
  for (std::size_t i = 0; i < at.entries(); ++i) {
    if (!at.key(i).is_scalar()) continue;
    check_name(at.key(i), at.key(i).text);
    if (auto value = reader.text(at.value(i))) into.emplace_back(at.key(i).text, std::move(*value));
  }
}

std::optional<Text> read_subfolder(Reader& reader, const Node& at) {
  if (at.is_scalar() && fs::path(at.text).lexically_normal() == ".") return Text{".", reader.spot(at)};
  auto path = reader.inner_path(at);
  if (!path) return std::nullopt;
  return Text{std::move(*path), reader.spot(at)};
}

std::optional<Text> read_dockerfile_path(Reader& reader, const Node& at) {
  auto path = reader.word(at, "a path");
  if (!path) return std::nullopt;
  const auto normal = fs::path(*path).lexically_normal();
  if (path->empty() || normal == "." || normal.filename().empty()) {
    reader.report(codes::k_bad_path, at, fmt::format("'{}' is no path of a file", *path));
    return std::nullopt;
  }
  return Text{normal.string(), reader.spot(at)};
}

void check_dockerfile_path(Reader& reader, const Node& at, BuildSpec& build) {
  const auto* written = at.find("dockerfile");
  if (!written || !build.dockerfile) return;
  const auto folder = build.context ? fs::path(build.context->value) : fs::path();
  const fs::path file = build.dockerfile->value;
  if (!file.is_absolute() && !leads_out(folder / file)) return;
  reader.report(codes::k_bad_path,
                *written,
                fmt::format("the path '{}' leads out of the context", file.string()),
                build.context ? "it is relative to the build's `context`, and stays in the scenario's"
                              : "paths are relative to the context and have no '..'");
  build.dockerfile.reset();
}

std::optional<std::vector<Text>> read_platforms(Reader& reader, const Node& at) {
  static const std::regex form(R"([a-z0-9]+/[a-z0-9_]+(/[a-z0-9]+)?)");
  constexpr std::size_t longest = 100; // std::regex calls itself for each character
  return read_list(reader, at, "a list of platforms like [linux/amd64]", [&](const Node& item) {
    auto value = reader.text(item);
    if (!value || has_variable(value->value)
        || (value->value.size() <= longest && std::regex_match(value->value, form)))
      return value;
    reader.report(
        codes::k_wrong_value, item, fmt::format("'{}' is no platform", value->value), "write one like linux/arm64");
    return std::optional<Text>();
  });
}

std::optional<std::vector<Credential>> read_credentials(Reader& reader, const Node& at) {
  return read_list(reader, at, "a list like [\"id=token,env=TOKEN\"]", [&](const Node& item) {
    Credential one;
    if (item.is_map()) {
      if (!read_keys(reader, item, "a secret", credential_keys(), one) || !one.text) return std::optional<Credential>();
      return std::optional(one);
    }
    auto words = reader.text(item, "text like id=token,env=TOKEN, or {id, text}");
    if (!words) return std::optional<Credential>();
    return std::optional(Credential{std::move(*words), {}});
  });
}

Shape credentials_shape() {
  return shape::list(shape::one_of({shape::text(), shape::table("credential", credential_keys)}));
}

void read_additional_contexts(Reader& reader, const Node& at, BuildSpec& build) {
  Named named;
  read_named(reader, at, "a context", named);
  for (auto& [name, value] : named) {
    const bool address = value.value.find("://") != std::string::npos || value.value.starts_with("git@");
    const Node* written = at.find(name);
    if (!address && !has_variable(value.value) && (value.value.empty() || leads_out(value.value)))
      refuse_path(reader, written ? *written : at, value.value);
  }
  build.additional_contexts = std::move(named);
}

std::optional<Text> read_network(Reader& reader, const Node& at) {
  return one_of(reader, at, "a network of a build", {"default", "none", "host"});
}

std::optional<Text> read_size(Reader& reader, const Node& at) {
  auto value = reader.text(at, "a size like 64m");
  if (!value || has_variable(value->value)) return value;
  const auto all = util::lower(value->value);
  const auto end = std::min(all.find_first_not_of("0123456789"), all.size());
  const auto number = util::parse_number<std::uint64_t>(std::string_view(all).substr(0, end));
  auto unit = all.substr(end);
  if (unit.size() == 2 && unit.back() == 'b') unit.pop_back();
  constexpr std::string_view units = "bkmg";
  const auto power = unit.empty() ? 0 : units.find(unit);
  if (number && unit.size() <= 1 && power != std::string_view::npos && *number < (1ULL << 33U)) {
    value->value = std::to_string(*number << (10 * power));
    return value;
  }
  reader.wrong_type(at, "a size: a number of bytes, or one with k, m or g behind it");
  return std::nullopt;
}

void read_ulimits(Reader& reader, const Node& at, BuildSpec& build) {
  // github.com/docker/go-units, ulimit.go
  static const Names known{"core",
                           "cpu",
                           "data",
                           "fsize",
                           "locks",
                           "memlock",
                           "msgqueue",
                           "nice",
                           "nofile",
                           "nproc",
                           "rss",
                           "rtprio",
                           "rttime",
                           "sigpending",
                           "stack"};
  if (!at.is_map()) return reader.wrong_type(at, "a mapping like {nofile: 1024}");
  check_duplicates(reader, at);
  for (std::size_t i = 0; i < at.entries(); ++i) {
    const auto& name = at.key(i);
    if (!name.is_scalar()) continue;
    if (std::find(known.begin(), known.end(), name.text) == known.end())
      reader.report(
          codes::k_wrong_value, name, fmt::format("there is no limit '{}'", name.text), meant(name.text, known));
    Limit limit;
    if (at.value(i).is_map())
      read_keys(reader, at.value(i), "a limit", limit_keys(), limit);
    else
      limit.soft = limit.hard = read_limit(reader, at.value(i));
    build.ulimits.emplace_back(name.text, Text{limit.soft + ":" + limit.hard, reader.spot(at.value(i))});
  }
}

Shape ulimits_shape() {
  return shape::names(shape::one_of({limit_shape(), shape::table("limit", limit_keys)}));
}

std::optional<std::vector<Text>> read_extra_hosts(Reader& reader, const Node& at) {
  constexpr std::string_view what = "a list like [\"db=10.0.0.1\"] or a mapping";
  std::vector<Text> all;
  if (at.is_map()) {
    Named named;
    read_named(reader, at, "a host", named);
    for (auto& [name, address] : named) all.push_back({name + "=" + address.value, address.spot});
    return all;
  }
  return read_list(reader, at, what, [&](const Node& item) {
    auto host = reader.text(item);
    if (!host) return host;
    // Docker's own form is `name:address`; an IPv6 address has colons of its own.
    const auto cut = host->value.find_first_of("=:");
    if (cut == 0 || cut == std::string::npos || cut + 1 == host->value.size()) {
      reader.wrong_type(item, "NAME=ADDRESS");
      return std::optional<Text>();
    }
    host->value[cut] = '=';
    return host;
  });
}

std::optional<std::vector<Text>> read_entitlements(Reader& reader, const Node& at) {
  return read_list(reader, at, "a list like [network.host]", [&](const Node& item) {
    if (item.is_scalar() && (item.text == "device" || item.text.starts_with("device="))) return reader.text(item);
    return one_of(reader, item, "a right of a build", {"network.host", "security.insecure", "device"});
  });
}

std::optional<std::vector<Text>> read_output(Reader& reader, const Node& at) {
  static const Names types{"local", "tar", "oci", "docker", "image", "registry", "cacheonly"};
  const auto read = [&](const Node& item) -> std::optional<Text> {
    auto value = reader.text(item, "text like type=local,dest=out");
    if (!value) return value;
    const auto refuse = [&](const std::string& message, const std::string& hint) {
      reader.report(codes::k_wrong_value, item, message, hint);
      return std::optional<Text>();
    };
    const auto fields = util::csv_fields(value->value);
    if (!fields) return refuse("this is no output: a quote is not closed", "");
    // buildx: a single word is the `dest` of `local`, or `-` a tar.
    const bool single = fields->size() == 1 && fields->front().find('=') == std::string::npos;
    const auto word = single ? fields->front() : std::string();
    Names attributes = single ? Names{word == "-" ? "type=tar" : "type=local", "dest=" + word} : *fields;
    std::string type;
    for (const auto& attribute : attributes) {
      const auto equals = attribute.find('=');
      if (equals == std::string::npos) return refuse(fmt::format("'{}' has no value", attribute), "");
      const auto name = util::lower(attribute.substr(0, equals));
      const auto content = attribute.substr(equals + 1);
      if (name == "type") type = content;
      if (name == "dest" && !has_variable(content) && (content.empty() || leads_out(content)))
        return refuse(fmt::format("the output would be written to '{}'", content),
                      "a `dest` is relative: it is written into a folder of the case, outside of the context");
    }
    if (type.empty()) return refuse("an output needs a type", "known here: " + util::join(types, ", "));
    if (!has_variable(type) && std::find(types.begin(), types.end(), type) == types.end())
      return refuse(fmt::format("unknown type of output '{}'", type), meant(type, types));
    value->value = util::csv_line(attributes);
    return value;
  };
  if (at.is_sequence()) return read_list(reader, at, "a list of outputs", read);
  auto only = read(at);
  if (!only) return std::nullopt;
  return std::vector<Text>{std::move(*only)};
}

} // namespace cacheproof::scenario
