#include "buildkit/vertex.hpp"

#include "util/text.hpp"

#include <algorithm>
#include <map>

namespace cacheproof::buildkit {
namespace {

using evidence::Outcome;

bool is_pull(const std::string& status) {
  return status.starts_with("sha256:") || status.starts_with("extracting ");
}

/// Layers on their way to a result that is there: their progress names no inputs (util/progress/controller), an
/// execution does. What was with the daemon already has no statuses (v0.11.6, two builds that pull the same at once).
bool is_pull(const RawVertex& interval, const Vertex& vertex) {
  return !interval.cached && interval.inputs.empty() && !vertex.inputs.empty();
}

/// The daemon announces an interval at its start and again at its end.
bool continues(const RawVertex& open, const RawVertex& next) {
  return open.completed == 0 && open.started == next.started && open.cached == next.cached;
}

/// `linux/amd64->arm/v7` is built for `linux/arm/v7` (dockerfile2llb, formatTargetPlatform), also where the systems
/// differ, which are told then.
std::string target_platform(const std::string& written) {
  const auto arrow = written.find("->");
  if (arrow == std::string::npos) return written;
  const auto target = written.substr(arrow + 2);
  const auto system = written.substr(0, written.find('/'));
  return target.starts_with("windows/") || target.starts_with("linux/") ? target : system + "/" + target;
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
  const auto counts = [&](const auto& progress) { return progress.started >= failed_at; };
  fate.pulled = healed_or_clean
                && (std::any_of(vertex.pulls.begin(), vertex.pulls.end(), counts)
                    || std::any_of(vertex.intervals.begin(), vertex.intervals.end(), [&](const auto& interval) {
                         return is_pull(interval, vertex) && counts(interval);
                       }));
  const bool announced = std::any_of(
      vertex.intervals.begin(), vertex.intervals.end(), [](const auto& interval) { return interval.cached; });
  const auto never = build_succeeded ? Outcome::unneeded : Outcome::not_reached;

  if (!healed_or_clean) {
    const bool cancelled = fate.error.find("context canceled") != std::string::npos;
    fate.outcome = cancelled ? never : Outcome::failed;
    // Its result was found at what builds on it while it was asked for (v0.34.2): no trouble.
    if (cancelled && build_succeeded) fate.error.clear();
  } else if (ran) {
    fate.outcome = announced && fate.pulled ? Outcome::cached : Outcome::rebuilt;
  } else {
    fate.outcome = cached ? Outcome::cached : never;
  }
  return fate;
}

std::optional<Label> read_label(std::string_view name) {
  // The first bracket ends it: a command may hold what looks like a label.
  const auto end = name.find("] ");
  if (!name.starts_with('[') || end == std::string_view::npos) return std::nullopt;
  const auto inside = name.substr(1, end - 1);
  const auto slash = inside.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto blank = inside.rfind(' ', slash);
  const auto begin = blank == std::string_view::npos ? 0 : blank + 1;
  const auto number = util::parse_number<int>(inside.substr(begin, slash - begin));
  const auto total = util::parse_number<int>(inside.substr(slash + 1));
  if (!number || !total || *number < 0 || *total < 0) return std::nullopt;
  Label label;
  label.number = *number;
  label.total = *total;
  const auto prefix = util::trim(inside.substr(0, begin));
  label.stage = prefix.substr(prefix.rfind(' ') + 1);
  if (const auto first = prefix.substr(0, prefix.find(' ')); first.find('/') != std::string_view::npos) {
    label.platform = target_platform(std::string(first)); // no name of a stage has a `/`
    if (first == prefix) label.stage.clear();
  }
  auto text = name.substr(end + 2);
  if (text.starts_with("ONBUILD ")) {
    label.onbuild = true;
    text.remove_prefix(8);
  }
  if (text.starts_with("LINK ")) text.remove_prefix(5);
  label.text = text;
  return label;
}

} // namespace cacheproof::buildkit
