// A registry that is killed, hangs, or finds its port taken.
#include "cli/fault_fixture.hpp"

#include <gtest/gtest.h>

#include <csignal>

namespace cacheproof {
namespace {

namespace fs = std::filesystem;

class RegistryFaultLive : public FaultTest {};

TEST_F(RegistryFaultLive, KilledInABuild) {
  auto run = start({"run", hit("sleep 1000"), next()});
  const auto sleep = sleeping();
  EXPECT_TRUE(World::signal(registry_of(sandbox_of(sleep)), SIGKILL));
  EXPECT_TRUE(World::signal(sleep, SIGKILL)); // the build goes on, to an export that finds nobody
  expect_broken(run, {"the registry did not live through the build", "killed by signal 9"});
}

TEST_F(RegistryFaultLive, KilledInAnExport) {
  auto run = start({"run", hit("sleep 1000"), next()});
  const auto sleep = sleeping();
  const auto registry = registry_of(sandbox_of(sleep));
  EXPECT_TRUE(World::signal(registry, SIGSTOP)); // so that the export waits for it until it is killed
  EXPECT_TRUE(World::signal(sleep, SIGKILL));
  EXPECT_TRUE(eventually([&] { return world().processes("sleep 1000").empty(); }));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_TRUE(World::signal(registry, SIGKILL));
  expect_broken(run, {"the registry did not live through the build", "killed by signal 9"});
}

TEST_F(RegistryFaultLive, KilledInAnImport) {
  auto run = start({"run", hit("true"), next(), "--jobs", "1"});
  ASSERT_TRUE(eventually([&] { return !find("round.json").empty(); })) << read("log");
  const auto registry = registry_of("/dev/shm/" + *world().sandboxes().begin());
  EXPECT_TRUE(World::signal(registry, SIGSTOP));
  EXPECT_TRUE(eventually([&] { return !world().processes("buildctl").empty(); })) << read("log");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_TRUE(World::signal(registry, SIGKILL));
  expect_broken(run, {"the registry did not live through the build", "killed by signal 9"});
}

TEST_F(RegistryFaultLive, ATakenPortIsPassedOver) {
  // Somebody listens where the first registry is to, as soon as it is known where.
  write("bin/docker-registry",
        "#!/bin/sh\nif mkdir $0.hit 2>/dev/null; then\n"
        "  port=$(sed -n \"s/.*addr: '127.0.0.1:\\([0-9]*\\)'.*/\\1/p\" \"$2\")\n"
        "  busybox nc -l -s 127.0.0.1 -p $port &\n  sleep 0.2\nfi\n"
        "exec /usr/bin/docker-registry \"$@\"\n");
  fs::permissions(folder_.path() / "bin/docker-registry", fs::perms::owner_all);
  more_environment_["PATH"] = (folder_.path() / "bin").string() + ":" + std::getenv("PATH");
  const auto finished = run_inside({"run", next()});
  EXPECT_EQ(finished.exit.code, 0) << finished.out << finished.err;
  EXPECT_TRUE(fs::exists(folder_.path() / "bin/docker-registry.hit"));
}

} // namespace
} // namespace cacheproof
