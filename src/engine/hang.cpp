#include "engine/hang.hpp"

#include "buildkit/client.hpp"
#include "buildkit/vertex.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <chrono>

namespace cacheproof::engine {
namespace {

/// For the events of a build that hangs: they come at once, then the stream is silent.
constexpr std::chrono::milliseconds k_look_limit = std::chrono::seconds(1);

} // namespace

std::string Hang::in_words() const {
  return running.empty() ? std::string() : "; it hung in: " + util::join(running, ", ");
}

Hang look_at_hang(sandbox::Daemon& daemon,
                  const std::function<bool(const buildkit::RawBuild&)>& mine,
                  const Keep& keep) {
  Hang hang{daemon.died(), {}};
  keep("daemon.log", util::read_text(daemon.log()).value_or(""));
  if (!daemon.alive()) return hang;
  if (daemon.ready()) {
    if (const auto raw = daemon.client().unfinished(k_look_limit, mine)) {
      keep("events.jsonl", buildkit::to_json_lines(*raw));
      hang.running = buildkit::running(*raw);
    }
  }
  if (const auto dump = daemon.dump_goroutines(); !dump.empty()) keep("goroutines.txt", dump);
  return hang;
}

} // namespace cacheproof::engine
