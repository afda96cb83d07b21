#include "buildkit/raw_build.hpp"

#include "util/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cacheproof::buildkit {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view k_provenance = "provenance"; // then the platform, if there is one

/// A JSON object without its fields of no content: a stream has thousands of them.
Json without_defaults(Json object) {
  for (auto item = object.begin(); item != object.end();) {
    const auto& value = item.value();
    const bool nothing = value.empty() || value == Json("") || value == Json(0) || value == Json(false);
    item = nothing ? object.erase(item) : std::next(item);
  }
  return object;
}

void line(std::string& text, const char* kind, Json value) {
  text += Json{{kind, without_defaults(std::move(value))}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  text += '\n';
}

/// Valid JSON without the blanks between its tokens. A provenance of 300 steps has a megabyte: as a tree of values it
/// would take ten times that.
std::string on_one_line(std::string_view json) {
  std::string text;
  text.reserve(json.size());
  bool quoted = false;
  bool escaped = false;
  for (const char c : json) {
    if (!quoted && std::string_view(" \n\r\t").find(c) != std::string_view::npos) continue;
    text += c;
    if (c == '"' && !escaped) quoted = !quoted;
    escaped = c == '\\' && !escaped;
  }
  return text;
}

template <class T> T get(const Json& object, const char* key) {
  const auto found = object.find(key);
  // What no integer can hold has no meaning as one.
  const auto fraction = [](const Json& value) { return value.is_number_float(); };
  if (found != object.end()
      && (fraction(*found) || (found->is_array() && std::any_of(found->begin(), found->end(), fraction))))
    throw std::invalid_argument(fmt::format("'{}' is no whole number", key));
  return object.value(key, T{});
}

void read_line(RawBuild& build, const std::string& kind, const Json& value) {
  if (kind == "build") {
    build.ref = get<std::string>(value, "ref");
    build.succeeded = get<bool>(value, "succeeded");
    build.by_client = value.value("by_client", false);
    build.error = get<std::string>(value, "error");
    build.frontend_attributes = get<std::map<std::string, std::string>>(value, "frontend_attributes");
  } else if (kind == "vertex") {
    build.vertices.push_back({get<std::string>(value, "digest"),
                              get<std::string>(value, "name"),
                              get<std::vector<std::string>>(value, "inputs"),
                              get<bool>(value, "cached"),
                              get<std::int64_t>(value, "started"),
                              get<std::int64_t>(value, "completed"),
                              get<std::string>(value, "error"),
                              get<std::string>(value, "group")});
  } else if (kind == "status") {
    build.statuses.push_back({get<std::string>(value, "vertex"),
                              get<std::string>(value, "id"),
                              get<std::int64_t>(value, "started"),
                              get<std::int64_t>(value, "completed")});
  } else if (kind == "log") {
    build.logs.push_back(
        {get<std::string>(value, "vertex"), get<std::int64_t>(value, "stream"), get<std::string>(value, "text")});
  } else if (kind == "warning") {
    build.warnings.push_back({get<std::string>(value, "vertex"),
                              get<std::string>(value, "text"),
                              get<std::vector<std::string>>(value, "detail"),
                              get<std::string>(value, "url"),
                              get<std::vector<int>>(value, "lines")});
  } else if (kind.starts_with(k_provenance)) {
    build.provenances[std::string(util::trim(std::string_view(kind).substr(k_provenance.size())))] =
        value.is_string() ? value.get<std::string>() : value.dump();
  } else {
    throw std::invalid_argument("unknown kind of line '" + kind + "'");
  }
}

} // namespace

std::string to_json_lines(const RawBuild& build) {
  std::string text;
  Json head{{"ref", build.ref},
            {"succeeded", build.succeeded},
            {"error", build.error},
            {"frontend_attributes", build.frontend_attributes}};
  if (build.by_client) head["by_client"] = true;
  line(text, "build", head);
  for (const auto& vertex : build.vertices)
    line(text,
         "vertex",
         {{"digest", vertex.digest},
          {"name", vertex.name},
          {"inputs", vertex.inputs},
          {"cached", vertex.cached},
          {"started", vertex.started},
          {"completed", vertex.completed},
          {"error", vertex.error},
          {"group", vertex.group}});
  for (const auto& status : build.statuses)
    line(text,
         "status",
         {{"vertex", status.vertex}, {"id", status.id}, {"started", status.started}, {"completed", status.completed}});
  for (const auto& log : build.logs)
    line(text, "log", {{"vertex", log.vertex}, {"stream", log.stream}, {"text", log.text}});
  for (const auto& warning : build.warnings)
    line(text,
         "warning",
         {{"vertex", warning.vertex},
          {"text", warning.text},
          {"detail", warning.detail},
          {"url", warning.url},
          {"lines", warning.lines}});
  for (const auto& [platform, provenance] : build.provenances) {
    // What is no JSON is kept as a text: decoding will say what is wrong with it.
    const bool valid = Json::accept(provenance);
    text += fmt::format("{{{}:{}}}\n",
                        Json(fmt::format("{}{}{}", k_provenance, platform.empty() ? "" : " ", platform)).dump(),
                        valid ? on_one_line(provenance) : Json(util::to_utf8(provenance)).dump());
  }
  return text;
}

util::Result<RawBuild> from_json_lines(std::string_view text) {
  RawBuild build;
  int number = 0;
  for (const auto& content : util::lines(text)) {
    ++number;
    if (content.empty() || content.front() == '#') continue;
    try {
      const auto json = Json::parse(content);
      if (!json.is_object() || json.size() != 1) throw std::invalid_argument("not an object of one key");
      read_line(build, json.begin().key(), json.begin().value());
    } catch (const std::exception& problem) {
      return util::failure(fmt::format("line {} of a recorded build cannot be read: {}", number, problem.what()));
    }
  }
  return build;
}

} // namespace cacheproof::buildkit
