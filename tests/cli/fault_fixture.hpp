#pragma once

#include "cli/program_fixture.hpp"
#include "cli/world.hpp"

#include <gmock/gmock.h>

#include <initializer_list>
#include <optional>
#include <vector>

namespace cacheproof {

/// A rig that is hit: the program runs in a world of its own (world.hpp), in which the test strikes, and in which
/// nothing may be left at the end.
class FaultTest : public ProgramTest {
protected:
  void SetUp() override;
  void TearDown() override;

  /// Starts the program in the world. Its output goes to `log`.
  process::Process start(std::vector<std::string> arguments) const;
  /// The same program, as the world sees it: that one gets signals.
  World::Seen program() const;
  process::Finished run_inside(std::vector<std::string> arguments) const;
  process::Command inside(std::vector<std::string> arguments) const;

  /// The smallest example with `script` in its RUN, as `hit.yaml`. `sleep 1000` there can be waited for.
  std::string hit(const std::string& script, const std::string& more = "") const;
  /// The smallest example: the case after the one that is hit.
  std::string next() const { return write("next.yaml", k_plain); }

  /// Waits for the RUN that sleeps.
  World::Seen sleeping() const;
  /// The daemon, or the sandbox's folder, of a process in a RUN.
  World::Seen daemon_of(const World::Seen& seen) const;
  std::string sandbox_of(const World::Seen& seen) const;
  World::Seen registry_of(const std::string& sandbox) const;

  /// The run that was hit ends as broken with these words and a remedy, and what came after it passed.
  void expect_broken(process::Process& program, std::initializer_list<std::string> words) const;

  /// The files of that name in the evidence.
  std::vector<std::filesystem::path> find(const std::string& name) const;

  World& world() const { return *world_; }
  std::map<std::string, std::string> more_environment_; ///< of the program alone, not of what brings it into the world

private:
  mutable std::optional<World> world_;
};

} // namespace cacheproof
