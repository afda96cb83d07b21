#include "buildkit/progress.hpp"

#include "util/base64.hpp"
#include "util/text.hpp"

#include <nlohmann/json.hpp>

#include <google/protobuf/util/time_util.h>

#include <optional>
#include <string>

namespace cacheproof::buildkit {
namespace {

using nlohmann::json;

/// The end of the JSON object that begins at `begin`; npos where it has none.
std::size_t end_of_object(std::string_view text, std::size_t begin) {
  int depth = 0;
  bool quoted = false;
  for (auto at = begin; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c == '\\') ++at;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::int64_t time_of(const json& object, const char* name) {
  google::protobuf::Timestamp time; // null, or not there: nothing is told
  if (!google::protobuf::util::TimeUtil::FromString(text_of(object, name), &time)) return 0;
  return google::protobuf::util::TimeUtil::TimestampToNanoseconds(time);
}

/// Go writes bytes in base64.
std::string bytes_of(const json& object, const char* name) {
  return util::to_utf8(util::from_base64(text_of(object, name)).value_or(""));
}

template <class Add> void for_each(const json& status, const char* name, Add add) {
  const auto found = status.find(name);
  if (found == status.end() || !found->is_array()) return;
  for (const auto& one : *found)
    if (one.is_object()) add(one);
}

void append(RawBuild& build, const json& status) {
  for_each(status, "vertexes", [&](const json& vertex) {
    RawVertex raw;
    raw.digest = text_of(vertex, "digest");
    raw.name = text_of(vertex, "name");
    if (const auto inputs = vertex.find("inputs"); inputs != vertex.end() && inputs->is_array())
      for (const auto& input : *inputs)
        if (input.is_string()) raw.inputs.push_back(input.get<std::string>());
    if (const auto cached = vertex.find("cached"); cached != vertex.end() && cached->is_boolean())
      raw.cached = cached->get<bool>();
    raw.started = time_of(vertex, "started");
    raw.completed = time_of(vertex, "completed");
    raw.error = text_of(vertex, "error");
    if (const auto group = vertex.find("progressGroup"); group != vertex.end() && group->is_object())
      raw.group = text_of(*group, "id");
    if (!build.succeeded && !raw.error.empty()) build.error = raw.error;
    build.vertices.push_back(std::move(raw));
  });
  for_each(status, "statuses", [&](const json& one) {
    build.statuses.push_back(
        {text_of(one, "vertex"), text_of(one, "id"), time_of(one, "started"), time_of(one, "completed")});
  });
  for_each(status, "logs", [&](const json& one) {
    const auto stream = one.find("stream");
    build.logs.push_back({text_of(one, "vertex"),
                          stream != one.end() && stream->is_number_integer() ? stream->get<std::int64_t>() : 0,
                          bytes_of(one, "data")});
  });
  for_each(status, "warnings", [&](const json& one) {
    build.warnings.push_back({text_of(one, "vertex"), bytes_of(one, "short"), {}, text_of(one, "url"), {}});
  });
}

} // namespace

RawBuild from_progress(std::string_view printed, const std::string& ref, bool succeeded) {
  RawBuild build{.ref = ref, .succeeded = succeeded, .by_client = true};
  std::string_view said; // in words, behind everything else
  for (std::size_t at = 0; at < printed.size();) {
    if (printed[at] == '{')
      if (const auto end = end_of_object(printed, at); end != std::string_view::npos) {
        const auto status = json::parse(printed.substr(at, end - at), nullptr, false);
        if (status.is_object()) {
          append(build, status);
          at = end;
          continue;
        }
      }
    const auto line = printed.substr(at, printed.find('\n', at) - at);
    if (line.starts_with("ERROR: ")) said = line;
    at += line.size() + 1;
  }
  if (!succeeded && build.error.empty()) build.error = said;
  return build;
}

} // namespace cacheproof::buildkit
