#pragma once

#include "evidence/case.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::engine {

/// Hears what happens while cases are played; the console and every other report are faces of it. All calls come from
/// one thread at a time. Works from evidence alone.
class Observer {
public:
  virtual ~Observer() = default;
  /// Before the first case: how many will be played, and how many of them at once.
  virtual void run_started(std::size_t /*cases*/, std::size_t /*jobs*/) {}
  /// Something worth saying aloud that belongs to no round: a toolchain being built, leftovers swept.
  virtual void said(std::string_view /*line*/) {}
  /// `played` has its id, title, cell and version; no rounds yet.
  virtual void case_started(const evidence::CaseEvidence& /*played*/) {}
  virtual void round_started(const evidence::CaseEvidence& /*played*/, const evidence::RoundEvidence& /*round*/) {}
  virtual void round_judged(const evidence::CaseEvidence& /*played*/, const evidence::RoundEvidence& /*round*/) {}
  /// A case still runs after a time that is long for it; `last_time` is 0 when it was never played.
  virtual void
  case_slow(const std::string& /*id*/, evidence::Nanoseconds /*so_far*/, evidence::Nanoseconds /*last_time*/) {}
  /// `folder` is where its evidence lies.
  virtual void case_judged(const evidence::CaseEvidence& /*played*/, const std::filesystem::path& /*folder*/) {}
  virtual void run_finished(const std::vector<evidence::CaseEvidence>& /*all*/) {}
};

} // namespace cacheproof::engine
