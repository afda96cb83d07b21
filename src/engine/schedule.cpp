#include "engine/schedule.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <numeric>
#include <optional>
#include <thread>

namespace cacheproof::engine {
namespace {

using Clock = std::chrono::steady_clock;
using evidence::CaseEvidence;
using evidence::Nanoseconds;
using evidence::RoundEvidence;

constexpr auto k_tick = std::chrono::milliseconds(200); // between two looks at the machine's room and at slow cases

/// Several workers, one voice.
class OneAtATime : public Observer {
public:
  explicit OneAtATime(Observer& observer)
      : observer_(observer) {}

  void said(std::string_view line) override {
    const std::lock_guard lock(mutex_);
    observer_.said(line);
  }
  void case_started(const CaseEvidence& played) override {
    const std::lock_guard lock(mutex_);
    observer_.case_started(played);
  }
  void round_started(const CaseEvidence& played, const RoundEvidence& round) override {
    const std::lock_guard lock(mutex_);
    observer_.round_started(played, round);
  }
  void round_judged(const CaseEvidence& played, const RoundEvidence& round) override {
    const std::lock_guard lock(mutex_);
    observer_.round_judged(played, round);
  }
  void case_slow(const std::string& id, Nanoseconds so_far, Nanoseconds last_time) override {
    const std::lock_guard lock(mutex_);
    observer_.case_slow(id, so_far, last_time);
  }
  void case_judged(const CaseEvidence& played, const std::filesystem::path& folder) override {
    const std::lock_guard lock(mutex_);
    observer_.case_judged(played, folder);
  }

private:
  Observer& observer_;
  std::mutex mutex_;
};

class Schedule {
public:
  Schedule(const std::vector<Case>& cases, const ScheduleOptions& options, const Play& play, Observer& observer)
      : cases_(cases),
        options_(options),
        play_(play),
        observer_(observer),
        order_(cases.size()),
        played_(cases.size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::stable_sort(order_.begin(), order_.end(), [&](auto left, auto right) {
      return last_time(left).value_or(k_unknown) > last_time(right).value_or(k_unknown);
    });
  }

  std::vector<CaseEvidence> run() {
    {
      const std::jthread watch([&](const std::stop_token& over) { watch_slow_cases(over); });
      std::vector<std::jthread> workers;
      for (std::size_t i = 0; i < std::min(std::max<std::size_t>(options_.jobs, 1), cases_.size()); ++i)
        workers.emplace_back([&] { work(); });
    }
    std::vector<CaseEvidence> all;
    for (auto& one : played_)
      if (one) all.push_back(std::move(*one));
    return all;
  }

private:
  struct Running {
    std::size_t index = 0;
    std::filesystem::path root; ///< of its sandbox
    Clock::time_point start = Clock::now();
    bool told = false;
  };
  static constexpr Nanoseconds k_unknown = std::numeric_limits<Nanoseconds>::max();

  std::optional<Nanoseconds> last_time(std::size_t index) const {
    const auto found = options_.durations.find(cases_[index].id);
    return found == options_.durations.end() ? std::nullopt : std::optional(found->second);
  }

  void work() {
    while (const auto begun = next()) {
      auto evidence = play_(cases_[begun->index], begun->root, observer_);
      const std::lock_guard lock(mutex_);
      played_[begun->index] = std::move(evidence);
      std::erase_if(running_, [&](const Running& one) { return one.index == begun->index; });
      if (options_.room) admission_.end(begun->root);
      changed_.notify_all();
    }
  }

  /// The next case, when there is room for it. Nothing when all have begun, or a stop is requested.
  std::optional<Running> next() {
    std::unique_lock lock(mutex_);
    while (!options_.stop.stop_requested() && begun_ < order_.size()) {
      if (const auto root =
              options_.room ? admission_.admit(options_.room()) : std::optional(std::filesystem::path())) {
        running_.push_back({.index = order_[begun_++], .root = *root});
        return running_.back();
      }
      changed_.wait_for(lock, k_tick);
    }
    return {};
  }

  void watch_slow_cases(const std::stop_token& over) {
    const auto tick = std::min<std::chrono::nanoseconds>(k_tick, options_.slow_after);
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, over, tick, [&] { return over.stop_requested(); })) {
      for (auto& one : running_) {
        const auto so_far = std::chrono::nanoseconds(Clock::now() - one.start).count();
        const auto usual = last_time(one.index).value_or(0);
        if (one.told || so_far < options_.slow_after.count() || so_far < 3 * usual) continue;
        one.told = true;
        observer_.case_slow(cases_[one.index].id, so_far, usual);
      }
    }
  }

  const std::vector<Case>& cases_;
  const ScheduleOptions& options_;
  const Play& play_;
  OneAtATime observer_;
  std::vector<std::size_t> order_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::size_t begun_ = 0;
  std::vector<Running> running_;
  sandbox::Admission admission_;
  std::vector<std::optional<CaseEvidence>> played_;
};

} // namespace

std::vector<CaseEvidence>
play_all(const std::vector<Case>& cases, const ScheduleOptions& options, const Play& play, Observer& observer) {
  return Schedule(cases, options, play, observer).run();
}

} // namespace cacheproof::engine
