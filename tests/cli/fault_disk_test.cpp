// Disks that are full or cannot be written, folders in the wrong place.
#include "cli/fault_fixture.hpp"
#include "toolchain/store.hpp"
#include "toolchain/toolchain.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <set>

namespace cacheproof {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class DiskFaultLive : public FaultTest {
protected:
  /// The next run, on whatever was put right, passes.
  void expect_next_passes() const {
    const auto finished = run_inside({"run", next()});
    EXPECT_EQ(finished.exit.code, 0) << finished.out << finished.err;
  }
};

TEST_F(DiskFaultLive, FullUnderTheDaemon) {
  auto run = start({"run", hit("sleep 1000; dd if=/dev/zero of=/big bs=1M count=64"), next(), "--jobs", "1"});
  const auto sleep = sleeping();
  world().sh("mount -o remount,size=$(( $(stat -fc '(%b-%f)*%S' /dev/shm) + 8000000 )) /dev/shm");
  EXPECT_TRUE(World::signal(sleep, SIGKILL));
  expect_broken(run, {"there was no space left: ", "to do: make room"}); // the next is played in TMPDIR
}

TEST_F(DiskFaultLive, FullUnderTheRegistry) {
  auto run = start({"run", hit("sleep 1000"), next()});
  const auto sleep = sleeping();
  // A disk of its own for what the registry holds, with room for nothing more.
  world().sh(
      "cd " + sandbox_of(sleep)
      + " && cp -a registry copy && mount -t tmpfs none registry && cp -a copy/. registry && rm -r copy && "
        "mount -o remount,size=$(stat -fc '%b-%f' registry | xargs -I N sh -c 'echo $(( (N) * 4 + 4 ))k') registry");
  EXPECT_TRUE(World::signal(sleep, SIGKILL));
  expect_broken(run, {"there was no space left: the registry could not write", "make room"});
}

TEST_F(DiskFaultLive, FullUnderTheEvidence) {
  make_directories("cacheproof-out");
  world().sh("mount -t tmpfs -o size=64k none " + (folder_.path() / "cacheproof-out").string());
  const auto finished = run_inside({"run", next()});
  EXPECT_EQ(finished.exit.code, 2) << finished.out << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("the evidence could not be saved: cannot write"));
  EXPECT_THAT(finished.out, HasSubstr("No space left on device"));
  EXPECT_THAT(finished.out, HasSubstr("to do: make room"));
  world().sh("umount " + (folder_.path() / "cacheproof-out").string());
  expect_next_passes();
}

// What is known of a round's context does not fit; what could not be written takes no room.
TEST_F(DiskFaultLive, FullUnderTheEvidenceOfOneCase) {
  make_directories("cacheproof-out");
  world().sh("mount -t tmpfs -o size=1m none " + (folder_.path() / "cacheproof-out").string());
  std::string many = "files:\n";
  for (int i = 0; i < 8000; ++i) many += fmt::format("  many/{}: x\n", i);
  hit("true");
  auto text = read("hit.yaml");
  replace(text, "files:\n", many);
  auto run = start({"run", write("hit.yaml", text), next(), "--jobs", "1"});
  expect_broken(run, {"the evidence could not be saved: cannot write", "No space left on device"});
  world().sh("umount " + (folder_.path() / "cacheproof-out").string());
}

TEST_F(DiskFaultLive, FullUnderTheStore) {
  make_directories("store/buildkit");
  const auto& version = toolchain::default_version();
  const auto store = (folder_.path() / "store").string();
  world().sh(fmt::format("mount -t tmpfs -o size=64k none {0} && mkdir {0}/buildkit && ln -s {1} {0}/buildkit && "
                         "! dd if=/dev/zero of={0}/full 2>{0}/said",
                         store,
                         (toolchain::store() / "buildkit" / version).string()));
  more_environment_["CACHEPROOF_STORE"] = store;
  expect_next_passes();
  world().sh("umount " + store);
}

TEST_F(DiskFaultLive, TwoThatBeginAtOnceDoNotCountOnTheSameRoom) {
  world().sh("mount -o remount,size=1536m /dev/shm");
  const auto one = hit("sleep 1000");
  auto run = start({"run", one, write("other.yaml", read(one)), "--jobs", "2"});
  const auto target = program();
  std::set<std::string> places;
  EXPECT_TRUE(eventually([&] {
    auto sleeps = world().processes("sleep 1000");
    std::erase_if(sleeps, [](const auto& each) { return each.name != "sleep"; });
    for (const auto& each : sleeps) places.insert(fs::path(sandbox_of(each)).parent_path());
    return sleeps.size() == 2;
  })) << read("log");
  EXPECT_EQ(places, (std::set{std::string("/dev/shm"), (folder_.path() / "tmp").string()}));
  EXPECT_TRUE(World::signal(target, SIGINT));
  EXPECT_EQ(run.wait(std::chrono::minutes(1)), (process::Exit{130, {}})) << read("log");
}

TEST_F(DiskFaultLive, NoRoomForASandboxAnywhere) {
  world().sh("mount -o remount,size=64m /dev/shm && mount -t tmpfs -o size=64m none "
             + (folder_.path() / "tmp").string());
  const auto finished = run_inside({"run", next()});
  EXPECT_EQ(finished.exit.code, 2) << finished.out << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("no folder for the sandbox"));
  EXPECT_THAT(finished.out, HasSubstr("to do: make room"));
  world().sh("mount -o remount,size=4g /dev/shm");
  expect_next_passes();
}

TEST_F(DiskFaultLive, AFolderTooLongForASocket) {
  world().sh("mount -o remount,ro /dev/shm");
  const auto deep = "tmp/" + std::string(80, 'x');
  make_directories(deep);
  more_environment_["TMPDIR"] = (folder_.path() / deep).string();
  const auto finished = run_inside({"run", next()});
  EXPECT_EQ(finished.exit.code, 2) << finished.out << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("too long for a unix socket's"));
  EXPECT_THAT(finished.out, HasSubstr("to do: set TMPDIR to a shorter one"));
  more_environment_.clear();
  expect_next_passes(); // in the TMPDIR of the world: /dev/shm is still read-only
}

TEST_F(DiskFaultLive, AHomeThatCannotBeWritten) {
  more_environment_["CACHEPROOF_STORE"] = toolchain::store().string();
  more_environment_["HOME"] = "/proc/nobody";
  expect_next_passes();
  more_environment_["CACHEPROOF_STORE"] = "";
  more_environment_["XDG_CACHE_HOME"] = "";
  const auto finished = run_inside({"run", next()});
  EXPECT_EQ(finished.exit.code, 2) << finished.out << finished.err;
  EXPECT_THAT(finished.err, HasSubstr("/proc/nobody"));
  EXPECT_THAT(finished.err, HasSubstr("to do: "));
}

} // namespace
} // namespace cacheproof
