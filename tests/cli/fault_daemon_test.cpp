// A daemon that is killed, hangs, or never comes up: no verdict about the cache, a cause, a remedy, nothing left
// behind, and the case after it passes.
#include "cli/fault_fixture.hpp"
#include "toolchain/toolchain.hpp"
#include "util/text.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace cacheproof {
namespace {

namespace fs = std::filesystem;

class DaemonFaultLive : public FaultTest {
protected:
  /// A toolchain whose buildkitd is a script that, at its `number`th start, does `instead`, and is the real one ($real)
  /// at every other.
  std::string toolchain(int number, const std::string& instead) const {
    const auto real = toolchain::find(toolchain::Kind::buildkit, toolchain::default_version()).value();
    const fs::path made = folder_.path() / "toolchain";
    fs::create_directories(made);
    fs::create_symlink(real.program("buildctl"), made / "buildctl");
    write("toolchain/buildkitd",
          fmt::format("#!/bin/sh\nreal={0}\n[ \"$1\" != --version ] || exec $real --version\n"
                      "echo started >>{1}/starts\nif [ $(wc -l <{1}/starts) = {2} ]; then\n{3}\nfi\n"
                      "exec $real \"$@\"\n",
                      real.program("buildkitd").string(),
                      made.string(),
                      number,
                      instead));
    fs::permissions(made / "buildkitd", fs::perms::owner_all);
    return "path:" + made.string();
  }
};

TEST_F(DaemonFaultLive, KilledInABuild) {
  auto run = start({"run", hit("sleep 1000"), next()});
  EXPECT_TRUE(World::signal(daemon_of(sleeping()), SIGKILL));
  expect_broken(run, {"buildkitd died during the build: killed by a signal"});
}

TEST_F(DaemonFaultLive, ARuncKilledInABuild) {
  auto run = start({"run", hit("sleep 1000"), next()});
  const auto runc = world().ancestor(sleeping(), "runc");
  ASSERT_TRUE(runc);
  EXPECT_TRUE(World::signal(*runc, SIGKILL));
  expect_broken(run, {"runc was ended from outside while it ran a container"});
}

/// A control group without memory: the kernel kills who is in it at the next page it asks for.
constexpr const char* k_without_memory = R"(
group=/sys/fs/cgroup/memory/cacheproof-test-$$ limit=memory.limit_in_bytes
if ! [ -d /sys/fs/cgroup/memory ]; then
  grep -qw memory /sys/fs/cgroup/cgroup.subtree_control 2>/dev/null || exit 0
  group=/sys/fs/cgroup/cacheproof-test-$$ limit=memory.max
fi
mkdir $group && echo 4096 >$group/$limit && echo $group
)";

TEST_F(DaemonFaultLive, KilledForLackOfMemory) {
  const std::string group{util::trim(world().sh(k_without_memory))};
  if (group.empty()) GTEST_SKIP() << "no memory control group can be made here";
  auto run = start({"run", hit("sleep 1000"), next()});
  const auto sleep = sleeping();
  world().sh("echo " + daemon_of(sleep).proc.filename().string() + " >" + group + "/cgroup.procs");
  World::signal(sleep, SIGKILL);
  expect_broken(
      run,
      {"buildkitd died during the build: killed by a signal; meanwhile the kernel killed processes for lack of "
       "memory"});
  world().sh("rmdir " + group);
}

TEST_F(DaemonFaultLive, KilledBeforeItIsReady) {
  auto run = start({"run", hit("true"), next(), "--jobs", "1", "--buildkit", toolchain(1, "exec sleep 1000")});
  EXPECT_TRUE(World::signal(sleeping(), SIGKILL));
  expect_broken(run, {"buildkitd ended at its start: killed by a signal"});
}

TEST_F(DaemonFaultLive, KilledBetweenTwoRounds) {
  // The daemon of the second round dies when it has begun to listen.
  const std::string listen_and_die = "for word; do case $word in unix://*) socket=${word#unix://} ;; esac; done\n"
                                     "$real \"$@\" &\n"
                                     "until [ -S $socket ]; do sleep 0.01; done\n"
                                     "kill -9 $!; wait; exit 1";
  auto run = start({"run", hit("true"), next(), "--jobs", "1", "--buildkit", toolchain(2, listen_and_die)});
  expect_broken(run, {"buildkitd "});
}

TEST_F(DaemonFaultLive, NeverReady) {
  auto run = start({"run", hit("true"), next(), "--jobs", "1", "--buildkit", toolchain(1, "exec sleep 1000")});
  expect_broken(run, {"buildkitd did not answer within", "it has made no socket yet"});
}

} // namespace
} // namespace cacheproof
