#include "buildkit/vertex.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <map>
#include <regex>

namespace cacheproof::buildkit {
namespace {

using evidence::Outcome;

bool is_pull(const std::string& status) {
  return status.starts_with("sha256:") || status.starts_with("extracting ");
}

/// The daemon announces an interval at its start and again at its end.
bool continues(const RawVertex& open, const RawVertex& next) {
  return open.completed == 0 && open.started == next.started && open.cached == next.cached;
}

} // namespace

std::vector<Vertex> collect(const RawBuild& build) {
  std::vector<Vertex> vertices;
  std::map<std::string, size_t> index;
  const auto at = [&](const std::string& digest) -> Vertex& {
    const auto [entry, is_new] = index.try_emplace(digest, vertices.size());
    if (is_new) vertices.push_back({digest, {}, {}, {}, {}, {}});
    return vertices[entry->second];
  };
  for (const auto& raw : build.vertices) {
    auto& vertex = at(raw.digest);
    if (!raw.name.empty()) vertex.name = raw.name;
    if (!raw.group.empty()) vertex.group = raw.group;
    if (!raw.inputs.empty()) vertex.inputs = raw.inputs;
    if (raw.started == 0 && raw.completed == 0 && !raw.cached && raw.error.empty()) continue;
    if (!vertex.intervals.empty() && continues(vertex.intervals.back(), raw))
      vertex.intervals.back() = raw;
    else
      vertex.intervals.push_back(raw);
  }
  for (const auto& status : build.statuses)
    if (is_pull(status.id)) at(status.vertex).pulls.push_back(status);
  return vertices;
}

std::vector<std::string> running(const RawBuild& build) {
  std::vector<std::string> names;
  for (const auto& vertex : collect(build))
    if (!vertex.intervals.empty() && vertex.intervals.back().completed == 0) names.push_back(vertex.name);
  return names;
}

Fate fate(const Vertex& vertex, bool build_succeeded) {
  // What happened up to the end of the last failing interval does not count: a clean interval inside it is the pull
  // that failed (v0.34.2, a layer missing from a local cache).
  Fate fate;
  std::int64_t failed_at = 0;
  for (const auto& interval : vertex.intervals)
    if (!interval.error.empty() && interval.completed >= failed_at) {
      failed_at = interval.completed;
      fate.error = interval.error;
    }
  bool cached = false;
  bool ran = false;
  for (const auto& interval : vertex.intervals) {
    if (!interval.error.empty() || (failed_at != 0 && interval.started < failed_at)) continue;
    cached = cached || interval.cached;
    ran = ran || (!interval.cached && interval.completed != 0);
  }
  const bool healed_or_clean = fate.error.empty() || ran || cached;
  fate.pulled = healed_or_clean && std::any_of(vertex.pulls.begin(), vertex.pulls.end(), [&](const auto& pull) {
                  return pull.started >= failed_at;
                });
  const bool announced = std::any_of(
      vertex.intervals.begin(), vertex.intervals.end(), [](const auto& interval) { return interval.cached; });
  const auto never = build_succeeded ? Outcome::unneeded : Outcome::not_reached;

  if (!healed_or_clean) {
    const bool cancelled = !build_succeeded && fate.error.find("context canceled") != std::string::npos;
    fate.outcome = cancelled ? Outcome::not_reached : Outcome::failed;
  } else if (ran) {
    fate.outcome = announced && fate.pulled ? Outcome::cached : Outcome::rebuilt;
  } else {
    fate.outcome = cached ? Outcome::cached : never;
  }
  return fate;
}

std::optional<Label> read_label(std::string_view name) {
  static const std::regex shape(R"(^\[(?:(.*\S)\s+)?\s*([0-9]+)/([0-9]+)\] ([\s\S]*)$)");
  std::cmatch match;
  if (!std::regex_match(name.data(), name.data() + name.size(), match, shape)) return std::nullopt;
  Label label;
  const std::string prefix = match[1];
  label.stage = prefix.substr(prefix.rfind(' ') + 1); // a platform may stand before it
  if (label.stage.find('/') != std::string::npos) label.stage.clear();
  try {
    label.number = std::stoi(match[2]);
    label.total = std::stoi(match[3]);
  } catch (const std::exception&) {
    return std::nullopt;
  }
  std::string_view text(match[4].first, static_cast<size_t>(match[4].length()));
  if (text.starts_with("ONBUILD ")) {
    label.onbuild = true;
    text.remove_prefix(8);
  }
  if (text.starts_with("LINK ")) text.remove_prefix(5);
  label.text = text;
  return label;
}

} // namespace cacheproof::buildkit
