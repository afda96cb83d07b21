#include "engine/barriers.hpp"

#include "judge/steps.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace cacheproof::engine {
namespace {

using Event = scenario::Barrier::Event;

/// A cached interval may have no times: it needed no work.
bool has_started(const evidence::Step& step) {
  return !step.intervals.empty();
}

bool has_finished(const evidence::Step& step) {
  return has_started(step) && (step.intervals.back().completed != 0 || step.intervals.back().cached);
}

} // namespace

std::string to_text(const scenario::Barrier& barrier) {
  return fmt::format("{}the build '{}' to {}",
                     barrier.step ? fmt::format("step '{}' of ", barrier.step->text) : "",
                     barrier.build.value,
                     barrier.event == Event::started ? "start" : "finish");
}

template <class Change> void Barriers::tell(const std::string& name, Change change) {
  const std::lock_guard lock(mutex_);
  change(builds_[name]);
  changed_.notify_all();
}

void Barriers::started(const std::string& name) {
  tell(name, [](Build& build) { build.started = true; });
}

void Barriers::progress(const std::string& name, evidence::BuildRecord so_far) {
  tell(name, [&](Build& build) { build.record = std::move(so_far); });
}

void Barriers::ended(const std::string& name, std::string how) {
  tell(name, [&](Build& build) { build.ended = std::move(how); });
}

void Barriers::deaf(std::string why) {
  const std::lock_guard lock(mutex_);
  deaf_ = std::move(why);
  changed_.notify_all();
}

bool Barriers::has_come(const scenario::Barrier& barrier, const Build& build) {
  if (!barrier.step) return barrier.event == Event::started ? build.started : build.started && build.ended;
  if (!build.record) return false;
  const auto steps = judge::named_by(*barrier.step, *build.record);
  if (barrier.event == Event::started)
    return std::any_of(steps.begin(), steps.end(), [](const auto* step) { return has_started(*step); });
  return !steps.empty()
         && std::all_of(steps.begin(), steps.end(), [](const auto* step) { return has_finished(*step); });
}

std::string Barriers::seen(const scenario::Barrier& barrier, const Build& build) {
  std::vector<std::string> parts;
  if (!build.started) parts.emplace_back("the daemon never announced it");
  if (build.ended) parts.push_back(fmt::format("it ended ({})", *build.ended));
  if (barrier.step && build.record) {
    std::vector<std::string> steps;
    for (const auto& step : build.record->steps)
      if (step.kind == evidence::StepKind::step && has_started(step))
        steps.push_back(fmt::format("{} {}", label(step), has_finished(step) ? "finished" : "started"));
    parts.push_back("of its steps " + (steps.empty() ? "none had started" : util::join(steps, ", ")));
  } else if (barrier.step && build.started) {
    parts.emplace_back("nothing was heard of its steps");
  }
  return parts.empty() ? "it runs" : util::join(parts, "; ");
}

util::Status
Barriers::wait(const scenario::Barrier& barrier, std::chrono::milliseconds limit, const std::stop_token& stop) const {
  std::unique_lock lock(mutex_);
  static const Build unknown;
  const auto find = [&]() -> const Build& {
    const auto found = builds_.find(barrier.build.value);
    return found == builds_.end() ? unknown : found->second;
  };
  const bool decided =
      changed_.wait_for(lock, stop, limit, [&] { return has_come(barrier, find()) || find().ended || deaf_; });
  const auto& build = find();
  if (has_come(barrier, build)) return {};
  if (stop.stop_requested())
    return util::failure("interrupted while it waited for " + to_text(barrier), {}, {}, util::Blame::interrupted);
  auto why = fmt::format("it never began: it waited for {}, ", to_text(barrier));
  if (!decided)
    why += fmt::format("which did not happen within {} s",
                       std::chrono::duration_cast<std::chrono::seconds>(limit).count());
  else
    why += build.ended ? "which can happen no more" : "of which nothing is heard any more: " + *deaf_;
  return util::failure(fmt::format("{}. Of '{}' was seen: {}", why, barrier.build.value, seen(barrier, build)),
                       {},
                       "look into client.log and events.jsonl of that build; on a machine that is merely slow raise "
                       "the scenario's `timeout`");
}

bool Barriers::wait_for_end(const std::vector<std::string>& names, const std::stop_token& stop) const {
  std::unique_lock lock(mutex_);
  return changed_.wait(lock, stop, [&] {
    return std::all_of(names.begin(), names.end(), [&](const auto& name) {
      const auto found = builds_.find(name);
      return found != builds_.end() && found->second.ended;
    });
  });
}

} // namespace cacheproof::engine
