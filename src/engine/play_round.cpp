#include "engine/play_round.hpp"

#include "engine/timed.hpp"
#include "process/deadline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace cacheproof::engine {
namespace {

/// For what the daemon has still to say of a build whose client has ended.
constexpr std::chrono::seconds k_last_look(20);

/// Follows what the daemon says of the builds of a round, for as long as it lives, and tells the barriers.
class Ears {
public:
  /// Whose a build is: the name of a build of the round, empty for none.
  using Whose = std::function<std::string(const buildkit::RawBuild& build)>;
  using Follow = std::function<void(const std::string& entry, const std::string& ref)>;

  Ears(buildkit::Client& client, Barriers& barriers, Whose whose, Follow follow)
      : client_(client),
        barriers_(barriers),
        whose_(std::move(whose)),
        follow_(std::move(follow)),
        listener_([this](const std::stop_token& stop) { listen(stop); }) {}

private:
  void listen(const std::stop_token& stop) {
    std::vector<std::jthread> followers; // they end with their builds, or here
    const auto heard = [&](const buildkit::RawBuild& build) {
      const auto entry = whose_(build);
      if (entry.empty()) return;
      barriers_.started(entry);
      followers.emplace_back([this, entry, ref = build.ref] { follow_(entry, ref); });
    };
    if (auto listened = client_.listen(heard, stop); !listened) barriers_.deaf(util::to_text(listened.error()));
  }

  buildkit::Client& client_;
  Barriers& barriers_;
  Whose whose_;
  Follow follow_;
  std::jthread listener_;
};

} // namespace

RoundPlay::RoundPlay(const Case& planned,
                     CaseWorld& world,
                     Keeper& keeper,
                     const scenario::Round& round,
                     std::span<evidence::RoundEvidence> seen)
    : planned_(planned),
      world_(world),
      round_(round),
      builds_(scenario::builds_of(round)),
      seen_(seen) {
  for (auto& one : seen) plays_.emplace_back(planned, world, keeper, one);
}

util::Status RoundPlay::prepare(bool verify) {
  for (std::size_t i = 0; i < plays_.size(); ++i) CP_TRY(plays_[i].prepare(builds_[i]));
  CP_TRY_ASSIGN(const auto context, world_.context().fingerprint());
  for (auto& one : seen_) one.context = context;
  for (std::size_t i = 0; i < plays_.size(); ++i) {
    const auto& build = builds_[i];
    if (build.cancel) continue; // nothing comes out of it
    const bool anothers = may_be_anothers(*planned_.scenario, round_, build);
    if (verify && build.run)
      seen_[i].notes.emplace_back("not verified: what the build of a command line was given is not told");
    else if (verify && anothers)
      seen_[i].notes.emplace_back("not verified: what is found may be what another build of the round has made");
    CP_TRY(plays_[i].expect_result(
        demand_of(*planned_.scenario, verify && !anothers ? verified(build, world_of(planned_, build)) : build)));
  }
  return {};
}

template <class Work> void RoundPlay::each(Work work) {
  for (std::size_t i = 0; i < plays_.size(); ++i) {
    if (seen_[i].broken) continue;
    if (auto done = work(plays_[i]); !done) seen_[i].broken = std::move(done).error();
  }
}

void RoundPlay::perform(const std::stop_token& stop) {
  if (builds_.front().entry.empty())
    each([&](BuildPlay& play) { return play.build(stop); });
  else
    build_at_once(stop);
  const auto start = Clock::now();
  each([](BuildPlay& play) { return play.read(); });
  each([&](BuildPlay& play) { return play.read_result(stop); });
  const bool sound = std::all_of(seen_.begin(), seen_.end(), [](const auto& one) { return !one.broken; });
  if (sound) world_.retire_daemon(); // it has said all that it knows
  each([&](BuildPlay& play) { return play.read_caches(stop); });
  seen_.front().timings.emplace_back("read", since(start));
}

bool RoundPlay::is_awaited_by_step(const std::string& entry) const {
  return std::any_of(builds_.begin(), builds_.end(), [&](const auto& build) {
    return build.after && build.after->step && build.after->build.value == entry;
  });
}

/// Every build has a thread; this one waits for those that have to finish and then ends the others.
void RoundPlay::build_at_once(const std::stop_token& stop) {
  Barriers barriers;
  std::stop_source deafen;
  bool finished = false;
  const auto whose = [&](const buildkit::RawBuild& build) {
    const auto which = std::find_if(plays_.begin(), plays_.end(), [&](const auto& play) { return play.owns(build); });
    return which == plays_.end() ? std::string() : seen_[static_cast<std::size_t>(which - plays_.begin())].entry;
  };
  const auto follow = [&](const std::string& entry, const std::string& ref, const std::stop_token& until) {
    if (!is_awaited_by_step(entry)) return;
    const auto which =
        std::find_if(builds_.begin(), builds_.end(), [&](const auto& build) { return build.entry == entry; });
    const auto index = static_cast<std::size_t>(which - builds_.begin());
    const auto& play = plays_[index];
    const auto heard = [&](const buildkit::RawBuild& so_far) {
      if (auto record = play.decode_so_far(so_far)) barriers.progress(entry, std::move(*record));
    };
    auto& client = world_.seat(seen_[index].builder).daemon->client();
    static_cast<void>(client.follow(ref, heard, until)); // at its end is another look
  };
  {
    std::map<std::string, Ears> ears; // one at each daemon
    for (const auto& one : seen_)
      ears.try_emplace(
          one.builder,
          world_.seat(one.builder).daemon->client(),
          barriers,
          whose,
          [&](const std::string& entry, const std::string& ref) { follow(entry, ref, deafen.get_token()); });
    std::stop_source cancel;
    std::vector<std::string> finishing;
    for (const auto& build : builds_)
      if (!build.cancel) finishing.push_back(build.entry);
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < builds_.size(); ++i)
      threads.emplace_back([&, i] {
        auto built = build_entry(i, barriers, builds_[i].cancel ? cancel.get_token() : stop);
        if (built)
          seen_[i].duration = seen_[i].timings.back().second; // of the build alone
        else
          seen_[i].broken = std::move(built).error();
        const auto ref = plays_[i].ref();
        if (!ref.empty()) {
          barriers.started(builds_[i].entry);
          const process::Deadline deadline(deafen.get_token(), k_last_look);
          follow(builds_[i].entry,
                 ref,
                 deadline.token()); // to its end: nothing that happened is unheard when it is said to have ended
        }
        barriers.ended(builds_[i].entry, seen_[i].broken ? seen_[i].broken->what : plays_[i].end_in_words());
      });
    finished = barriers.wait_for_end(finishing, stop);
    cancel.request_stop();
    threads.clear();
    deafen.request_stop();
  }
  look_at_hangs();
  for (std::size_t i = 0; i < builds_.size() && finished; ++i)
    if (builds_[i].cancel) look_at_cancelled(i);
}

/// What only holds something has held it until the others had finished, or nothing of the round can be trusted.
void RoundPlay::look_at_cancelled(std::size_t index) {
  auto& play = plays_[index];
  auto& seen = seen_[index];
  if (seen.broken || play.timed_out()) return;
  if (play.interrupted()) return play.cancelled();
  seen.broken = util::Error{util::Blame::rig,
                            fmt::format("it should have run until the others had finished, and ended by itself ({}): "
                                        "what it held was not held all the time",
                                        play.end_in_words()),
                            seen.command,
                            "let it take longer, or look into its client.log for why it failed"};
}

util::Status RoundPlay::build_entry(std::size_t index, Barriers& barriers, const std::stop_token& stop) {
  const auto& build = builds_[index];
  if (build.after) CP_TRY(barriers.wait(*build.after, planned_.scenario->timeout, stop));
  return plays_[index].build(stop);
}

/// A build that hangs takes the daemon with it, when it is looked at: what the others there say then is only that.
void RoundPlay::look_at_hangs() {
  for (std::size_t hung = 0; hung < plays_.size(); ++hung)
    for (std::size_t i = 0; i < plays_.size() && plays_[hung].looked_at(); ++i)
      if (!plays_[i].looked_at() && !seen_[i].broken && seen_[i].builder == seen_[hung].builder)
        seen_[i].broken =
            util::Error{util::Blame::rig,
                        fmt::format("the build '{}' beside it hung, and the daemon ended with it", builds_[hung].entry),
                        seen_[i].command,
                        "see there"};
}

} // namespace cacheproof::engine
