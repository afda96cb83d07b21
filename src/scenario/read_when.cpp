#include "scenario/reader.hpp"
#include "util/text.hpp"
#include "util/version.hpp"
#include "util/version_range.hpp"

#include <fmt/format.h>

#include <algorithm>

// What a claim, a known issue or a whole scenario is about: dimensions of the matrix, and facts of a case.
namespace cacheproof::scenario {
namespace {

using Values = std::vector<std::string>;

/// The fact may have one of several values.
Shape any_of(const Shape& value) {
  return shape::one_of({value, shape::filled(shape::list(value))});
}

/// `conditions` reads them all in one way.
Key<When> fact(std::string_view name, std::string_view doc, const Shape& value) {
  return {name, doc, [](Reader&, const Node&, When&) {}, false, {}, any_of(value)};
}

const std::vector<Key<When>>& fact_keys() {
  static const std::vector<Key<When>> keys{
      fact("buildkit", "the daemon's version", shape::version()),
      fact("buildx", "the version of buildx, where it starts the build", shape::version()),
      fact("docker", "the version of the Docker engine, where it is the driver", shape::version()),
      fact("driver",
           "what starts the build",
           shape::choice({"buildctl", "buildx", "docker-containerd", "docker-container", "docker"})),
      fact("backend",
           "the type of the first `cache_to`",
           shape::choice({"registry", "inline", "local", "s3", "azblob", "gha"})),
  };
  return keys;
}

/// What a case may need beside what is known of it.
const std::vector<Key<When>>& need_keys() {
  static const std::vector<Key<When>> keys = [] {
    auto all = fact_keys();
    all.push_back(fact("root", "whether the program is root", shape::choice({"true", "false"})));
    return all;
  }();
  return keys;
}

/// Those of a choice; a version has none to name.
Values values_of_fact(const std::string& fact) {
  for (const auto& key : need_keys())
    if (key.name == fact) return {key.shape.of[0].words.begin(), key.shape.of[0].words.end()};
  return {};
}

/// A version or a range of them.
bool is_version_value(const std::string& text) {
  return util::VersionRange::looks_like(text) ? util::VersionRange::parse(text).has_value()
                                              : util::Version::parse(text).has_value();
}

void report_unknown_fact(Reader& reader, const Node& key, bool dimensions) {
  if (!reader.matrix_is_sound) return;
  Values names;
  for (const auto& fact : dimensions ? fact_keys() : need_keys()) names.emplace_back(fact.name);
  for (const auto& each : reader.matrix)
    if (dimensions) names.push_back(each.first);
  reader.report(codes::k_bad_dimension,
                key,
                dimensions ? fmt::format("the matrix has no dimension '{}'", key.text)
                           : fmt::format("'{}' is nothing that a case can need", key.text),
                did_you_mean(key.text, names));
}

} // namespace

bool Reader::check_value(const Node& value, const Node& key, const Values& known) {
  const bool is_version = known.empty(); // a fact that is one, or a dimension that has those played
  if (!value.is_scalar()) {
    wrong_type(value, fmt::format("a value of '{}'", key.text));
    return false;
  }
  if (is_version) {
    if (is_version_value(value.text)) return true;
    const auto& pinned = versions[is_version_fact(key.text) ? key.text : "buildkit"];
    report(codes::k_wrong_value,
           value,
           fmt::format("'{}' is no version and no range of versions", value.text),
           did_you_mean(value.text, pinned, "for example 0.13.2 or '>=0.13 <0.32'"));
    return false;
  }
  if (std::find(known.begin(), known.end(), value.text) != known.end()) return true;
  report(codes::k_bad_dimension,
         value,
         fmt::format("'{}' is no value of '{}'", value.text, key.text),
         did_you_mean(value.text, known, "it has: " + util::join(known, ", ")));
  return false;
}

std::optional<When> Reader::conditions(const Node& at, bool dimensions) {
  if (!at.is_map()) {
    wrong_type(at, dimensions ? "a mapping of matrix dimensions and facts" : "a mapping of facts");
    return std::nullopt;
  }
  check_duplicates(*this, at);
  When when;
  bool fine = true;
  for (std::size_t i = 0; i < at.entries(); ++i) {
    const auto& key = at.key(i);
    const auto dimension =
        std::find_if(matrix.begin(), matrix.end(), [&](const auto& each) { return each.first == key.text; });
    const bool is_dimension = dimensions && dimension != matrix.end();
    if (!is_dimension && !is_fact(key.text) && (dimensions || key.text != "root")) {
      fine = false;
      report_unknown_fact(*this, key, dimensions);
      continue;
    }
    const auto& value = at.value(i);
    if (value.is_sequence() && value.children.empty()) {
      wrong_type(value, fmt::format("a value of '{}'", key.text));
      fine = false;
    }
    Values values;
    const auto known = is_dimension ? dimension->second : values_of_fact(key.text);
    for (const auto& each : value.is_sequence() ? value.children : std::vector<Node>{value}) {
      fine = check_value(each, key, known) && fine;
      const auto version = is_dimension && known.empty() ? util::Version::parse(each.text) : std::nullopt;
      values.push_back(version ? version->to_text() : each.text);
    }
    when.emplace_back(key.text, std::move(values));
  }
  if (!fine) return std::nullopt;
  return when;
}

Shape facts_shape() {
  return shape::table("when", fact_keys);
}
Shape needs_shape() {
  return shape::table("requires", need_keys);
}

std::optional<When> Reader::when(const Node& at) {
  return conditions(at, true);
}

std::optional<When> Reader::facts(const Node& at) {
  return conditions(at, false);
}

} // namespace cacheproof::scenario
