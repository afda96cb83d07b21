#include "fuzz/parsers.hpp"

#include "buildkit/decode.hpp"
#include "buildkit/provenance.hpp"
#include "buildkit/raw_build.hpp"
#include "dockerfile/dockerfile.hpp"
#include "oci/cache.hpp"
#include "scenario/read.hpp"
#include "util/diagnostic_format.hpp"
#include "util/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>

namespace cacheproof::fuzz {
namespace {

void print(const std::vector<util::Diagnostic>& diagnostics) {
  static_cast<void>(util::to_text(diagnostics));
  static_cast<void>(util::to_json(diagnostics));
  static_cast<void>(util::to_github(diagnostics));
}

} // namespace

void scenario(std::string_view text) {
  const auto reading = scenario::read_text(text, "/nowhere/x.yaml");
  print(reading.diagnostics);
  if (reading.scenario) static_cast<void>(scenario::cells(*reading.scenario));
}

void command_line(std::string_view text) {
  std::string block = "|";
  for (const auto& line : util::lines(text)) block += "\n  " + line;
  const auto quoted = nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  for (const auto& build : {block, quoted}) {
    const auto reading =
        scenario::read_text("title: t\nfiles: {Dockerfile: FROM a AS app}\nmatrix: {mode: [max, min]}\nbuild: " + build
                                + "\nrounds: [{}]\n",
                            "/nowhere/x.yaml");
    print(reading.diagnostics);
    for (const auto& line : reading.command_lines) static_cast<void>(line.to_yaml());
  }
}

void dockerfile(std::string_view text) {
  const auto reading = dockerfile::read(std::string(text), "Dockerfile", {{"A", "a"}, {"BASE", "busybox"}});
  print(reading.diagnostics);
  if (!reading.file) return;
  if (const auto target = reading.file->find_target("")) {
    static_cast<void>(reading.file->reachable(*target));
    static_cast<void>(reading.file->images(*target));
  }
}

void status(std::string_view text) {
  const auto build = buildkit::from_json_lines(text);
  if (!build) return;
  std::string dockerfile = "FROM alpine AS app\nCOPY a .\nRUN b\n";
  std::string target;
  const auto first = text.substr(0, text.find('\n'));
  if (first.starts_with("# ")) {
    const auto json = nlohmann::json::parse(first.substr(2), nullptr, false);
    if (json.is_object() && json.contains("dockerfile") && json["dockerfile"].is_string())
      dockerfile = json["dockerfile"].get<std::string>();
    if (json.is_object() && json.contains("target") && json["target"].is_string())
      target = json["target"].get<std::string>();
  }
  const auto reading = dockerfile::read(dockerfile, "Dockerfile", {});
  if (reading.file) static_cast<void>(buildkit::decode(*build, *reading.file, target, "v0.34.2"));
  static_cast<void>(buildkit::to_json_lines(*build));
}

void provenance(std::string_view text) {
  static_cast<void>(buildkit::read_provenance(text));
}

void manifest(std::string_view text) {
  const auto middle = text.find("\n---\n");
  const auto config = middle == std::string_view::npos ? std::string_view() : text.substr(middle + 5);
  static_cast<void>(oci::describe_cache(std::string(text.substr(0, middle)), "localhost/a:b", [&](const std::string&) {
    return util::Result<std::string>(std::string(config));
  }));
}

} // namespace cacheproof::fuzz
