#include "lint/cache_attributes.hpp"

#include "scenario/codes.hpp"
#include "util/csv.hpp"
#include "util/shown_line.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace cacheproof::lint {
namespace {

using Names = std::vector<std::string>;
namespace codes = scenario::codes;

struct Attributes {
  Names exporting;
  Names importing;
};

Names joined(std::initializer_list<Names> lists) {
  Names all;
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

/// What BuildKit v0.34.2 reads of each type (cache/remotecache/*, and solver options of every export).
const std::map<std::string, Attributes>& known_types() {
  static const Names common = {"type", "mode", "ignore-error"};
  static const Names blobs = {"compression", "compression-level", "force-compression"};
  static const Names manifests = {"image-manifest", "oci-mediatypes"};
  static const Names gha = {"scope", "timeout", "token", "url", "url_v2", "repository", "ghtoken", "version"};
  static const Names s3 = {"bucket",
                           "region",
                           "prefix",
                           "manifests_prefix",
                           "blobs_prefix",
                           "name",
                           "touch_refresh",
                           "endpoint_url",
                           "access_key_id",
                           "secret_access_key",
                           "session_token",
                           "use_path_style",
                           "upload_parallelism",
                           "disable_accept_encoding",
                           "retry_mode",
                           "retry_max_attempts"};
  static const Names azblob = {"account_url",
                               "account_name",
                               "container",
                               "prefix",
                               "manifests_prefix",
                               "blobs_prefix",
                               "name",
                               "secret_access_key"};
  static const std::map<std::string, Attributes> types = {
      {"registry",
       {joined({common, {"ref", "registry.insecure"}, manifests, blobs}), {"type", "ref", "registry.insecure"}}},
      {"inline", {common, {"type"}}},
      {"local", {joined({common, {"dest", "tag", "reset"}, manifests, blobs}), {"type", "src", "tag", "digest"}}},
      {"gha", {joined({common, gha}), joined({{"type"}, gha})}},
      {"s3", {joined({common, s3, blobs}), joined({{"type"}, s3})}},
      {"azblob", {joined({common, azblob, blobs}), joined({{"type"}, azblob})}},
  };
  return types;
}

std::string meant(std::string_view word, const Names& candidates) {
  const auto near = util::nearest(word, candidates);
  return near ? fmt::format("did you mean '{}'?", *near) : "known here: " + util::join(candidates, ", ");
}

/// Builds the diagnostics of one entry, each with its caret under `field` where the line has it, else under the entry.
class Reporter {
public:
  Reporter(const scenario::Text& written, const Names& source)
      : written_(written),
        source_(source) {}

  void warn(const scenario::Code& code, const std::string& field, std::string message, std::string hint) {
    auto one = scenario::diagnostic(code, written_.spot, source_, std::move(message), std::move(hint));
    one.width = static_cast<int>(written_.value.size());
    util::point_at(one, util::line_at(source_, one.spot.line), field);
    found_.push_back(std::move(one));
  }
  std::vector<util::Diagnostic> found() && { return std::move(found_); }

private:
  const scenario::Text& written_;
  const Names& source_;
  std::vector<util::Diagnostic> found_;
};

} // namespace

util::Result<std::vector<std::pair<std::string, std::string>>> parse_cache_entry(std::string_view entry) {
  const auto fields = util::csv_fields(entry);
  if (!fields) return util::failure("a quote is not closed", {}, {}, util::Blame::input);
  // A single word is the ref of a registry, as buildx and the old buildctl take it.
  if (fields->size() == 1 && fields->front().find('=') == std::string::npos)
    return std::vector<std::pair<std::string, std::string>>{{"type", "registry"}, {"ref", fields->front()}};
  std::vector<std::pair<std::string, std::string>> attributes;
  for (const auto& field : *fields) {
    const auto equals = field.find('=');
    if (equals == std::string::npos)
      return util::failure(fmt::format("'{}' has no value", field), {}, {}, util::Blame::input);
    attributes.emplace_back(util::lower(field.substr(0, equals)), field.substr(equals + 1));
  }
  return attributes;
}

std::string registry_ref(std::string_view entry) {
  const auto attributes = parse_cache_entry(entry);
  if (!attributes) return {};
  std::string type;
  std::string ref;
  for (const auto& [name, value] : *attributes) {
    if (name == "type") type = value;
    if (name == "ref") ref = value;
  }
  return type == "registry" ? ref : "";
}

std::vector<util::Diagnostic> check_cache_entry(const scenario::Text& written,
                                                const std::string& expanded,
                                                Direction direction,
                                                const std::vector<std::string>& source) {
  Reporter report(written, source);
  const auto attributes = parse_cache_entry(expanded);
  if (!attributes) {
    report.warn(codes::k_unreadable_cache_entry,
                "",
                "BuildKit's clients refuse this entry (see docker/buildx#2942 for another)",
                attributes.error().what);
    return std::move(report).found();
  }
  const auto& types = known_types();
  const auto given = std::find_if(
      attributes->begin(), attributes->end(), [](const auto& attribute) { return attribute.first == "type"; });
  const std::string type_name = given == attributes->end() ? "" : given->second;
  const auto type = types.find(type_name);
  if (type == types.end()) {
    Names names;
    for (const auto& [name, unused] : types) names.push_back(name);
    report.warn(codes::k_unknown_cache_type,
                "type=" + type_name,
                fmt::format("unknown cache type '{}' (docker/bake-action#306)", type_name),
                meant(type_name, names));
    return std::move(report).found();
  }
  const auto& known = direction == Direction::export_to ? type->second.exporting : type->second.importing;
  for (const auto& [name, value] : *attributes) {
    const auto field = fmt::format("{}={}", name, value);
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      report.warn(codes::k_unknown_cache_attribute,
                  field,
                  fmt::format("unknown cache attribute '{}', BuildKit ignores it silently (moby/buildkit#1515)", name),
                  meant(name, known));
    } else if (name == "mode" && type_name == "inline" && util::lower(value) == "max") {
      report.warn(codes::k_mode_of_inline,
                  field,
                  "an inline cache has no mode: it holds the layers of the image, as with 'min'",
                  "for all layers export to a registry (docker/buildx#576)");
    } else if (name == "mode" && value != "min" && value != "max") {
      report.warn(
          codes::k_unknown_cache_value,
          field,
          fmt::format(
              "unknown cache mode '{}', BuildKit takes it for 'min' silently, as without a mode in moby/buildkit#1515",
              value),
          meant(value, {"min", "max"}));
    }
  }
  return std::move(report).found();
}

} // namespace cacheproof::lint
