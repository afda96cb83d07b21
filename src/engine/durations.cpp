#include "engine/durations.hpp"

#include "util/caller.hpp"
#include "util/files.hpp"

#include <nlohmann/json.hpp>

namespace cacheproof::engine {
namespace {

constexpr const char* k_file = "durations.json";

} // namespace

Durations load_durations(const std::filesystem::path& out) {
  Durations durations;
  const auto text = util::read_text(out / k_file);
  if (!text) return durations;
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object()) return durations;
  for (const auto& [id, value] : json.items())
    if (value.is_number_integer()) durations[id] = value.get<evidence::Nanoseconds>();
  return durations;
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
