#include "engine/keeper.hpp"

#include "util/caller.hpp"
#include "util/files.hpp"

#include <utility>

namespace cacheproof::engine {

Keeper::Keeper(evidence::CaseEvidence& played, std::filesystem::path folder)
    : played_(played),
      folder_(std::move(folder)) {}

void Keeper::stream(const evidence::RoundEvidence& round, const std::string& name, std::string_view text) {
  stream(folder_ / evidence::folder_of(round), name, text);
}

Keep Keeper::into(const evidence::RoundEvidence* round, std::string prefix) {
  return [this, folder = round ? folder_ / evidence::folder_of(*round) : folder_, prefix = std::move(prefix)](
             const std::string& name, std::string_view text) { stream(folder, prefix + name, text); };
}

void Keeper::stream(const std::filesystem::path& folder, const std::string& name, std::string_view text) {
  const std::lock_guard lock(mutex_);
  auto saved = util::make_directories(folder);
  if (saved) saved = util::write_text(folder / name, text);
  keep(std::move(saved));
}

void Keeper::round(const evidence::RoundEvidence& round) {
  const std::lock_guard lock(mutex_);
  keep(evidence::save(round, folder_));
}

void Keeper::end() {
  keep(evidence::save(played_, folder_));
}

void Keeper::keep(util::Status saved) {
  if (saved) saved = util::give_to_caller(folder_);
  if (saved || played_.broken) return;
  played_.broken = util::within("the evidence could not be saved", std::move(saved).error());
  played_.verdict = evidence::Verdict::broken;
}

} // namespace cacheproof::engine
