#include "evidence/case.hpp"

#include "evidence/json.hpp"
#include "util/files.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cacheproof::evidence {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view k_case_schema = "cacheproof/case/1";
constexpr std::string_view k_round_schema = "cacheproof/round/1";

nlohmann::json to_json_value(const Rate& rate) {
  return {{"count", rate.count}, {"plays", rate.plays}, {"low", rate.low}, {"high", rate.high}};
}

Rate rate_of(const nlohmann::json& json) {
  return {json.at("count").get<int>(),
          json.at("plays").get<int>(),
          json.at("low").get<double>(),
          json.at("high").get<double>()};
}

nlohmann::json to_json_value(const RepeatEvidence& repeat) {
  return {{"times", repeat.times},
          {"failed", to_json_value(repeat.failed)},
          {"known", to_json_value(repeat.known)},
          {"rule", text(repeat.rule)},
          {"notes", texts(repeat.notes)},
          {"findings", repeat.findings}};
}

RepeatEvidence repeat_of(const nlohmann::json& json) {
  return {json.at("times").get<int>(),
          rate_of(json.at("failed")),
          rate_of(json.at("known")),
          json.at("rule").get<std::string>(),
          json.at("notes").get<std::vector<std::string>>(),
          json.at("findings").get<std::vector<Finding>>()};
}

util::Status write(const fs::path& folder, const char* name, const std::string& text) {
  CP_TRY(util::make_directories(folder));
  return util::write_text(folder / name, text);
}

template <class Noun> util::Result<Noun> read(const fs::path& file) {
  CP_TRY_ASSIGN(const auto content, util::read_text(file));
  try {
    return nlohmann::json::parse(content).get<Noun>();
  } catch (const nlohmann::json::exception& error) {
    return util::failure(fmt::format("{} is no evidence that can be read: {}", file.string(), error.what()),
                         {},
                         "it was written by another version, or changed by hand: play the case again",
                         util::Blame::input);
  }
}

/// A round but for its context, which may be large.
nlohmann::json head_of(const RoundEvidence& round) {
  return {{"schema", k_round_schema},
          {"number", round.number},
          {"name", text(round.name)},
          {"entry", text(round.entry)},
          {"play", round.play},
          {"spot", evidence::to_json_value(round.spot)},
          {"builder", text(round.builder)},
          {"buildkit", text(round.buildkit)},
          {"changes", texts(round.changes)},
          {"command", text(round.command)},
          {"exit_code", round.exit_code},
          {"record", round.record},
          {"caches", round.caches},
          {"requests", texts(round.requests)},
          {"lint", texts(round.lint)},
          {"notes", texts(round.notes)},
          {"verdict", to_text(round.verdict)},
          {"findings", round.findings},
          {"broken", evidence::to_json_value(round.broken)},
          {"duration", round.duration},
          {"timings", round.timings}};
}

} // namespace

std::string to_text(const Rate& rate) {
  return fmt::format("{} of {} plays, {:.2f} (95 %: {:.2f} to {:.2f})",
                     rate.count,
                     rate.plays,
                     rate.plays > 0 ? static_cast<double>(rate.count) / rate.plays : 0,
                     rate.low,
                     rate.high);
}

fs::path folder_of(const RoundEvidence& round) {
  auto folder = fs::path(fmt::format("round-{}", round.number));
  if (round.play > 0) folder = fs::path(fmt::format("play-{}", round.play)) / folder;
  return round.entry.empty() ? folder : folder / fs::path(round.entry).filename();
}

std::string shown_name(const RoundEvidence& round) {
  auto name = round.name;
  if (!round.entry.empty()) name += " · " + round.entry;
  if (round.play > 0) name += fmt::format(" · play {}", round.play);
  return name;
}

void to_json(nlohmann::json& json, const RoundEvidence& round) {
  json = head_of(round);
  json["context"] = round.context;
  json["context_after"] = nullptr;
  if (round.context_after) json["context_after"] = *round.context_after;
}

void from_json(const nlohmann::json& json, RoundEvidence& round) {
  check_schema(json, k_round_schema);
  round = {};
  json.at("number").get_to(round.number);
  json.at("name").get_to(round.name);
  round.play = json.value("play", 0);
  round.entry = json.value("entry", ""); // not in evidence of earlier programs, as timings
  round.spot = spot_of(json.at("spot"));
  round.builder = json.value("builder", ""); // not in evidence of earlier programs, as `buildkit` and `requests`
  round.buildkit = json.value("buildkit", "");
  round.requests = json.value("requests", std::vector<std::string>());
  json.at("changes").get_to(round.changes);
  json.at("command").get_to(round.command);
  json.at("exit_code").get_to(round.exit_code);
  json.at("record").get_to(round.record);
  json.at("caches").get_to(round.caches);
  json.at("context").get_to(round.context);
  if (const auto after = json.find("context_after"); after != json.end() && !after->is_null())
    round.context_after = after->get<Fingerprint>();
  json.at("lint").get_to(round.lint);
  json.at("notes").get_to(round.notes);
  round.verdict = verdict_of(json.at("verdict"));
  json.at("findings").get_to(round.findings);
  round.broken = error_of(json.at("broken"));
  json.at("duration").get_to(round.duration);
  round.timings = json.value("timings", Timings());
}

void to_json(nlohmann::json& json, const CaseEvidence& played) {
  auto cell = nlohmann::json::array();
  for (const auto& [dimension, value] : played.cell) cell.push_back({text(dimension), text(value)});
  auto places = nlohmann::json::array();
  for (const auto& round : played.rounds)
    places.push_back({{"number", round.number}, {"entry", text(round.entry)}, {"play", round.play}});
  auto images = nlohmann::json::array();
  for (const auto& image : played.images)
    images.push_back({{"name", text(image.name)}, {"digest", text(image.digest)}});
  json = {{"schema", k_case_schema},
          {"id", text(played.id)},
          {"title", text(played.title)},
          {"scenario", text(played.scenario)},
          {"issues", texts(played.issues)},
          {"cell", std::move(cell)},
          {"buildkit", text(played.buildkit)},
          {"driver", text(played.driver)},
          {"images", std::move(images)},
          {"rounds", played.rounds.size()},
          {"places", std::move(places)},
          {"verdict", to_text(played.verdict)},
          {"reason", text(played.reason)},
          {"broken", evidence::to_json_value(played.broken)},
          {"duration", played.duration},
          {"timings", played.timings}};
  if (!played.driver_version.empty()) json["driver_version"] = text(played.driver_version);
  if (!played.docker.empty()) json["docker"] = text(played.docker);
  if (!played.frontend.empty()) json["frontend"] = text(played.frontend);
  if (!played.programs.empty()) json["programs"] = texts(played.programs);
  if (played.repeat) json["repeat"] = to_json_value(*played.repeat);
  if (!played.engine.empty()) json["engine"] = text(played.engine);
  if (played.clean) {
    json["clean"] = {{"registry_catalogue", texts(played.clean->registry_catalogue)},
                     {"environment", texts(played.clean->environment)}};
    if (played.clean->proven)
      json["clean"]["disk_usage_records"] = played.clean->disk_usage_records;
    else
      json["clean"]["proven"] = false;
  }
}

void from_json(const nlohmann::json& json, CaseEvidence& played) {
  check_schema(json, k_case_schema);
  played = {};
  json.at("id").get_to(played.id);
  json.at("title").get_to(played.title);
  json.at("scenario").get_to(played.scenario);
  json.at("issues").get_to(played.issues);
  json.at("cell").get_to(played.cell);
  json.at("buildkit").get_to(played.buildkit);
  json.at("driver").get_to(played.driver);
  played.docker = json.value("docker", "");
  played.engine = json.value("engine", "");
  played.frontend = json.value("frontend", "");
  played.programs = json.value("programs", std::vector<std::string>());
  played.driver_version = json.value("driver_version", "");          // not there before buildx was one
  if (const auto images = json.find("images"); images != json.end()) // not there before upstream images were played
    for (const auto& image : *images)
      played.images.push_back({image.at("name").get<std::string>(), image.at("digest").get<std::string>()});
  played.rounds.resize(json.at("rounds").get<std::size_t>());
  for (std::size_t i = 0; i < played.rounds.size(); ++i) played.rounds[i].number = static_cast<int>(i) + 1;
  if (const auto places = json.find("places"); places != json.end()) // not there before `parallel` was played
    for (std::size_t i = 0; i < played.rounds.size(); ++i) {
      places->at(i).at("number").get_to(played.rounds[i].number);
      places->at(i).at("entry").get_to(played.rounds[i].entry);
      played.rounds[i].play = places->at(i).value("play", 0);
    }
  played.verdict = verdict_of(json.at("verdict"));
  json.at("reason").get_to(played.reason);
  played.broken = error_of(json.at("broken"));
  json.at("duration").get_to(played.duration);
  played.timings = json.value("timings", Timings());
  if (const auto repeat = json.find("repeat"); repeat != json.end()) played.repeat = repeat_of(*repeat);
  if (const auto clean = json.find("clean"); clean != json.end())
    played.clean = CleanState{clean->value("disk_usage_records", std::size_t{0}),
                              clean->at("registry_catalogue").get<std::vector<std::string>>(),
                              clean->at("environment").get<std::vector<std::string>>(),
                              clean->value("proven", true)};
}

util::Status save(const CaseEvidence& played, const fs::path& folder) {
  return write(folder, "case.json", nlohmann::json(played).dump(2) + "\n");
}

util::Status save(const RoundEvidence& round, const fs::path& folder) {
  std::string text = head_of(round).dump(2);
  text.resize(text.size() - 2); // the context goes before its "\n}"
  text += ",\n  \"context\": ";
  append_json(text, round.context);
  text += ",\n  \"context_after\": ";
  if (round.context_after)
    append_json(text, *round.context_after);
  else
    text += "null";
  text += "\n}\n";
  return write(folder / folder_of(round), "round.json", text);
}

util::Result<CaseEvidence> load(const fs::path& folder) {
  CP_TRY_ASSIGN(auto played, read<CaseEvidence>(folder / "case.json"));
  // case.json says which rounds there were: one that is missing is an error, never a shorter story.
  for (auto& round : played.rounds) {
    CP_TRY_ASSIGN(round, read<RoundEvidence>(folder / folder_of(round) / "round.json"));
  }
  return played;
}

std::vector<fs::path> find_cases(const fs::path& root) {
  std::vector<fs::path> folders;
  std::error_code ignored;
  if (fs::exists(root / "case.json", ignored)) return {root};
  for (fs::recursive_directory_iterator it(root, ignored), end; it != end; it.increment(ignored))
    if (it->path().filename() == "case.json") folders.push_back(it->path().parent_path());
  std::sort(folders.begin(), folders.end());
  return folders;
}

} // namespace cacheproof::evidence
