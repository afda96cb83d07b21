#pragma once

#include "process/process.hpp"
#include "util/result.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace cacheproof {

/// Whether it becomes true while we are patient.
template <class Holds> bool eventually(Holds holds, std::chrono::milliseconds patience = std::chrono::minutes(1)) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

/// A machine of a test's own, as far as a run can tell: an empty /dev/shm, and no process but its own. So what a run
/// leaves behind is all that is in there, whatever else goes on outside; and with the world everything in it ends.
class World {
public:
  /// Needs root.
  static util::Result<World> create();

  /// The command as one that runs in this world.
  process::Command inside(process::Command command) const;
  /// Runs a shell script in this world; its output, or a failure of the test.
  std::string sh(const std::string& script) const;

  struct Seen {
    std::filesystem::path proc; ///< its folder of a /proc of this world
    std::string name;
    std::string command; ///< the words with blanks between them
    int parent = 0;
  };
  std::vector<Seen> processes() const;
  /// Those whose command line holds `part`.
  std::vector<Seen> processes(const std::string& part) const;
  /// The nearest ancestor of that name.
  std::optional<Seen> ancestor(const Seen& seen, const std::string& name) const;
  /// Whether it was still there to get it.
  static bool signal(const Seen& seen, int signal);

  /// The sandboxes that there are: names in /dev/shm.
  std::set<std::string> sandboxes() const;
  /// Everything that runs left: processes, files in /dev/shm, mounts, control groups. Patient with what is just ending.
  std::string traces() const;

private:
  explicit World(process::Process holder);
  std::filesystem::path root() const;
  std::string traces_now() const;

  process::Process holder_; ///< process 1 of the world
  int holder_pid_ = 0;
  mutable std::set<std::string> seen_sandboxes_; ///< whose control groups are looked for
};

} // namespace cacheproof
