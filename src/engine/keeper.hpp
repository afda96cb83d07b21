#pragma once

#include "evidence/case.hpp"
#include "util/result.hpp"

#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace cacheproof::engine {

/// Keeps a stream of the evidence: `goroutines.txt` and its text.
using Keep = std::function<void(const std::string& name, std::string_view text)>;

/// Keeps the evidence of one case in its folder, the caller's under sudo. A verdict whose evidence is lost cannot be
/// trusted later: whatever was seen, the case is broken then. Builds that run at once may keep their streams at once.
class Keeper {
public:
  Keeper(evidence::CaseEvidence& played, std::filesystem::path folder);

  const std::filesystem::path& folder() const { return folder_; }
  /// A raw stream of a round: `client.log`, `events.jsonl`.
  void stream(const evidence::RoundEvidence& round, const std::string& name, std::string_view text);
  /// Keeps streams of the round, as far as it lives, their names with `prefix` before them; without a round those of
  /// what lies outside all rounds.
  Keep into(const evidence::RoundEvidence* round, std::string prefix = {});
  void round(const evidence::RoundEvidence& round);
  /// The case itself, at its end.
  void end();

private:
  void stream(const std::filesystem::path& folder, const std::string& name, std::string_view text);
  void keep(util::Status saved);

  evidence::CaseEvidence& played_;
  std::filesystem::path folder_;
  std::mutex mutex_;
};

} // namespace cacheproof::engine
