#include "util/diagnostic_format.hpp"

#include "util/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace cacheproof::util {
namespace {

const char* word(Severity severity) {
  return severity == Severity::error ? "error" : "warning";
}

std::vector<const Diagnostic*> of(Severity severity, const std::vector<Diagnostic>& diagnostics) {
  std::vector<const Diagnostic*> some;
  for (const auto& each : diagnostics)
    if (each.severity == severity) some.push_back(&each);
  return some;
}

nlohmann::ordered_json json_of(const Diagnostic& diagnostic) {
  return {{"severity", word(diagnostic.severity)},
          {"code", diagnostic.code},
          {"name", diagnostic.name},
          {"file", to_utf8(diagnostic.spot.file)},
          {"line", diagnostic.spot.line},
          {"column", diagnostic.spot.column},
          {"width", diagnostic.width},
          {"message", to_utf8(diagnostic.message)},
          {"hint", to_utf8(diagnostic.hint)},
          {"source_line", to_utf8(diagnostic.source_line)}};
}

/// What GitHub's runner turns back (actions/toolkit, core/src/command.ts).
std::string escaped(std::string_view text, bool property) {
  std::string all;
  for (const char c : text) {
    if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ',')))
      all += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    else
      all += c;
  }
  return all;
}

} // namespace

std::string to_text(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  std::vector<std::string> counts;
  for (const auto severity : {Severity::error, Severity::warning}) {
    const auto some = of(severity, diagnostics);
    for (const auto* each : some) text += to_text(*each);
    if (!some.empty()) counts.push_back(plural(some.size(), word(severity)));
  }
  return counts.empty() ? text : text + join(counts, ", ") + "\n";
}

std::string to_json(const std::vector<Diagnostic>& diagnostics) {
  nlohmann::ordered_json json;
  for (const auto severity : {Severity::error, Severity::warning}) {
    auto& list = json[fmt::format("{}s", word(severity))] = nlohmann::ordered_json::array();
    for (const auto* each : of(severity, diagnostics)) list.push_back(json_of(*each));
  }
  return json.dump(2) + "\n";
}

std::string to_github(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const auto& each : diagnostics) {
    text += fmt::format("::{} file={}", word(each.severity), escaped(each.spot.file, true));
    if (each.spot.line > 0) text += fmt::format(",line={},col={}", each.spot.line, each.spot.column);
    text += fmt::format(",title={}::{}", escaped(each.code, true), escaped(each.message, false));
    if (!each.hint.empty()) text += escaped(": " + each.hint, false);
    text += '\n';
  }
  return text;
}

} // namespace cacheproof::util
