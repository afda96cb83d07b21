#pragma once

#include "evidence/record.hpp"
#include "scenario/scenario.hpp"
#include "util/result.hpp"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::engine {

/// What is known of the builds of one round while they run, for those that wait for one another. All calls may come
/// from any thread. Knows no daemon: others tell it what they hear.
class Barriers {
public:
  /// The daemon has announced the build.
  void started(const std::string& name);
  /// What its steps have done so far.
  void progress(const std::string& name, evidence::BuildRecord so_far);
  /// It runs no longer, and nothing more will be heard of it. `how` in words: `exit code 0`.
  void ended(const std::string& name, std::string how);
  /// Nothing more is heard of any build, for that reason.
  void deaf(std::string why);

  /// Returns when the event has come. That it can come no more, or has not within `limit`, is an error that tells what
  /// was seen. A stop is an interruption.
  util::Status
  wait(const scenario::Barrier& barrier, std::chrono::milliseconds limit, const std::stop_token& stop) const;
  /// Returns when all of them have ended, or at a stop: whether they have.
  bool wait_for_end(const std::vector<std::string>& names, const std::stop_token& stop) const;

private:
  struct Build {
    bool started = false;
    std::optional<std::string> ended;
    std::optional<evidence::BuildRecord> record;
  };

  static bool has_come(const scenario::Barrier& barrier, const Build& build);
  static std::string seen(const scenario::Barrier& barrier, const Build& build);
  template <class Change> void tell(const std::string& name, Change change);

  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  std::map<std::string, Build> builds_;
  std::optional<std::string> deaf_;
};

/// What is waited for, in words: `step 'app RUN x' of the build 'alpha' to start`.
std::string to_text(const scenario::Barrier& barrier);

} // namespace cacheproof::engine
