#include "engine/durations.hpp"

#include "util/caller.hpp"
#include "util/files.hpp"

#include <nlohmann/json.hpp>

namespace cacheproof::engine {
namespace {

constexpr const char* k_file = "durations.json";

} // namespace

util::Result<Durations> read_durations(const std::filesystem::path& folder) {
  CP_TRY_ASSIGN(const auto text, util::read_text(folder / k_file));
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object())
    return util::failure((folder / k_file).string() + " is no JSON object", {}, "take one that a run has written");
  Durations durations;
  for (const auto& [id, value] : json.items())
    if (value.is_number_integer()) durations[id] = value.get<evidence::Nanoseconds>();
  return durations;
}

Durations load_durations(const std::filesystem::path& out) {
  return read_durations(out).value_or(Durations{});
}

util::Status save_durations(const std::filesystem::path& out, const std::vector<evidence::CaseEvidence>& played) {
  auto durations = load_durations(out);
  for (const auto& one : played)
    if (one.verdict != evidence::Verdict::broken && one.verdict != evidence::Verdict::skipped)
      durations[one.id] = one.duration;
  CP_TRY(util::write_text(out / k_file, nlohmann::json(durations).dump(2) + "\n"));
  return util::give_to_caller(out / k_file);
}

} // namespace cacheproof::engine
