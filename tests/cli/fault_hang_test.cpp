// A part of the rig that stands still: broken after the scenario's `timeout`, with the evidence of where it hung.
#include "cli/fault_fixture.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace cacheproof {
namespace {

class HangFaultLive : public FaultTest {
protected:
  /// What the only file of that name holds in the evidence of the case that is hit.
  std::string evidence(const std::string& file) const {
    auto found = find(file);
    std::erase_if(found, [](const auto& path) { return path.string().find("/hit") == std::string::npos; });
    EXPECT_EQ(found.size(), 1u) << file;
    return found.empty() ? "" : util::read_text(found.front()).value_or("");
  }
};

TEST_F(HangFaultLive, TheCaseAfterOneThatHangsIsUnharmed) {
  auto run = start({"run", hit("sleep 1000", "timeout: 3s\n"), next(), "--jobs", "1"});
  expect_broken(run, {"the build did not end within 3 s; it hung in: "});
}

TEST_F(HangFaultLive, ADaemonThatStandsStill) {
  auto run = start({"run", hit("sleep 1000", "timeout: 3s\n"), next(), "--jobs", "1"});
  EXPECT_TRUE(World::signal(daemon_of(sleeping()), SIGSTOP));
  expect_broken(run, {"the build did not end within 3 s"});
  EXPECT_NE(evidence("daemon.log").find("running server on"), std::string::npos);
  EXPECT_NE(evidence("client.log").find("RUN sleep 1000"), std::string::npos);
}

TEST_F(HangFaultLive, ARegistryThatStandsStill) {
  auto run = start({"run", hit("sleep 1000", "timeout: 3s\n"), next(), "--jobs", "1"});
  const auto sleep = sleeping();
  EXPECT_TRUE(World::signal(registry_of(sandbox_of(sleep)), SIGSTOP));
  EXPECT_TRUE(World::signal(sleep, SIGKILL));
  expect_broken(run, {"the registry runs but does not answer"});
  EXPECT_NE(evidence("events.jsonl").find("exporting cache"), std::string::npos);
  EXPECT_NE(evidence("goroutines.txt").find("\ngoroutine 1 "), std::string::npos);
}

} // namespace
} // namespace cacheproof
