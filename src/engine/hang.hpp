#pragma once

#include "buildkit/raw_build.hpp"
#include "engine/keeper.hpp"
#include "sandbox/daemon.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::engine {

/// What a remedy says of the evidence below.
inline constexpr std::string_view k_hang_evidence =
    "look for where it hung into what its evidence has of logs, events.jsonl and goroutines.txt";

/// What is seen of a daemon on which something does not end, while it still hangs.
struct Hang {
  std::optional<std::string> death; ///< of the daemon, before it was looked at
  std::vector<std::string> running; ///< steps that had begun and not ended

  /// `; it hung in: app 2/2 RUN sleep 1000`, or nothing.
  std::string in_words() const;
};

/// By which a world tells that something hangs in it.
struct Watch {
  std::function<bool()> late;                    ///< whether it is a limit that has asked for the stop
  std::function<void(sandbox::Daemon&)> unready; ///< called with one that does not become ready, or end
};

/// Looks at it, and keeps where it hangs: the events so far of the build, which is that of `mine` where it is given,
/// the daemon's log, and the stacks of its goroutines, as far as there are any. The daemon does not survive the look.
Hang look_at_hang(sandbox::Daemon& daemon,
                  const std::function<bool(const buildkit::RawBuild&)>& mine,
                  const Keep& keep);

} // namespace cacheproof::engine
