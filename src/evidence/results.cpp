#include "evidence/results.hpp"

#include "evidence/json.hpp"
#include "util/files.hpp"
#include "util/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>

namespace cacheproof::evidence {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view k_schema = "cacheproof/results/1";
constexpr const char* k_file = "results.json";

nlohmann::json to_json_value(const RoundResult& round) {
  return {{"name", text(round.name)},
          {"verdict", to_text(round.verdict)},
          {"spot", evidence::to_json_value(round.spot)},
          {"findings", round.findings},
          {"lint", texts(round.lint)},
          {"broken", evidence::to_json_value(round.broken)}};
}

RoundResult round_of(const nlohmann::json& json) {
  return {json.at("name").get<std::string>(),
          verdict_of(json.at("verdict")),
          spot_of(json.at("spot")),
          json.at("findings").get<std::vector<Finding>>(),
          json.at("lint").get<std::vector<std::string>>(),
          error_of(json.at("broken"))};
}

/// Nothing for a case that crosses no versions.
std::optional<Crossing> crossing_of(const CaseEvidence& played) {
  if (played.rounds.empty()) return {};
  const auto& first = played.rounds.front();
  const auto& last = played.rounds.back();
  if (first.builder.empty() || first.builder == last.builder) return {};
  const auto& cell = played.cell;
  const auto dimension = [&](const std::string& version, auto from) {
    return std::find_if(from, cell.end(), [&](const auto& one) {
      return util::Version::parse(one.second) && util::Version::parse(one.second) == util::Version::parse(version);
    });
  };
  const auto exporter = dimension(first.buildkit, cell.begin());
  if (exporter == cell.end()) return {};
  const auto importer = dimension(last.buildkit, std::next(exporter));
  if (importer == cell.end()) return {};
  Crossing made{.of = played.id.substr(0, played.id.find('[')), .exporter = first.buildkit, .importer = last.buildkit};
  for (const auto& one : cell)
    if (one != *exporter && one != *importer) made.of += fmt::format(" {}={}", one.first, one.second);
  for (const auto& builds : distinct_steps(last.record)) {
    const auto is = [&](Outcome outcome) {
      return std::any_of(builds.begin(), builds.end(), [&](const auto* step) { return step->outcome == outcome; });
    };
    if (is(Outcome::rebuilt) || is(Outcome::cached)) ++made.steps;
    if (is(Outcome::cached) && !is(Outcome::rebuilt)) ++made.cached;
  }
  return made;
}

nlohmann::json to_json_value(const Crossing& crossing) {
  return {{"of", text(crossing.of)},
          {"exporter", text(crossing.exporter)},
          {"importer", text(crossing.importer)},
          {"cached", crossing.cached},
          {"steps", crossing.steps}};
}

Crossing crossing_of(const nlohmann::json& json) {
  return {json.at("of").get<std::string>(),
          json.at("exporter").get<std::string>(),
          json.at("importer").get<std::string>(),
          json.at("cached").get<std::size_t>(),
          json.at("steps").get<std::size_t>()};
}

nlohmann::json to_json_value(const CaseResult& result) {
  auto rounds = nlohmann::json::array();
  for (const auto& round : result.rounds) rounds.push_back(to_json_value(round));
  nlohmann::json json{{"id", text(result.id)},
                      {"title", text(result.title)},
                      {"scenario", text(result.scenario)},
                      {"verdict", to_text(result.verdict)},
                      {"reason", text(result.reason)},
                      {"rounds", std::move(rounds)},
                      {"broken", evidence::to_json_value(result.broken)},
                      {"by_client", result.by_client},
                      {"duration", result.duration},
                      {"folder", text(result.folder)}};
  if (result.not_proven) json["not_proven"] = true;
  if (result.crossing) json["crossing"] = to_json_value(*result.crossing);
  return json;
}

CaseResult case_of(const nlohmann::json& json) {
  CaseResult result;
  json.at("id").get_to(result.id);
  json.at("title").get_to(result.title);
  json.at("scenario").get_to(result.scenario);
  result.verdict = verdict_of(json.at("verdict"));
  json.at("reason").get_to(result.reason);
  for (const auto& round : json.at("rounds")) result.rounds.push_back(round_of(round));
  result.broken = error_of(json.at("broken"));
  json.at("by_client").get_to(result.by_client);
  result.not_proven = json.value("not_proven", false);
  if (json.contains("crossing")) result.crossing = crossing_of(json.at("crossing"));
  json.at("duration").get_to(result.duration);
  json.at("folder").get_to(result.folder);
  return result;
}

} // namespace

CaseResult result_of(const CaseEvidence& played, std::string folder) {
  CaseResult result{.id = played.id,
                    .title = played.title,
                    .scenario = played.scenario,
                    .verdict = played.verdict,
                    .reason = played.reason,
                    .broken = played.broken,
                    .not_proven = played.clean && !played.clean->proven,
                    .crossing = crossing_of(played),
                    .duration = played.duration,
                    .folder = std::move(folder)};
  std::set<std::tuple<int, std::string>> told;
  for (const auto& round : played.rounds) {
    result.by_client = result.by_client || round.record.by_client;
    if (round.verdict == Verdict::passed || round.verdict == Verdict::skipped
        || !told.emplace(round.number, round.entry).second)
      continue;
    result.rounds.push_back({shown_name(round), round.verdict, round.spot, round.findings, round.lint, round.broken});
  }
  if (played.repeat && !played.repeat->findings.empty())
    result.rounds.push_back({.name = "all plays together",
                             .verdict = played.verdict,
                             .spot = played.repeat->findings.front().spot,
                             .findings = played.repeat->findings});
  return result;
}

util::Status save(const RunResults& results, const fs::path& folder) {
  auto cases = nlohmann::json::array();
  for (const auto& each : results.cases) cases.push_back(to_json_value(each));
  const nlohmann::json json{
      {"schema", k_schema}, {"planned", texts(results.planned)}, {"ended", results.ended}, {"cases", std::move(cases)}};
  return util::write_text(folder / k_file, json.dump(2) + "\n");
}

util::Result<RunResults> load_results(const fs::path& file) {
  CP_TRY_ASSIGN(const auto content, util::read_text(file));
  try {
    const auto json = nlohmann::json::parse(content);
    check_schema(json, k_schema);
    RunResults results{json.at("planned").get<std::vector<std::string>>(), json.at("ended").get<bool>(), {}};
    for (const auto& each : json.at("cases")) results.cases.push_back(case_of(each));
    return results;
  } catch (const nlohmann::json::exception& error) {
    return util::failure(fmt::format("{} is no file of results that can be read: {}", file.string(), error.what()),
                         {},
                         "it was cut off, written by another version, or changed by hand: play the run again",
                         util::Blame::input);
  }
}

std::vector<fs::path> find_results(const fs::path& root) {
  std::vector<fs::path> files;
  std::error_code ignored;
  for (fs::recursive_directory_iterator it(root, ignored), end; it != end; it.increment(ignored))
    if (it->path().filename() == k_file) files.push_back(it->path());
  std::sort(files.begin(), files.end());
  return files;
}

} // namespace cacheproof::evidence
