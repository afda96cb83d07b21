#include "process/process.hpp"
#include "sandbox/folder.hpp"
#include "sandbox/janitor.hpp"
#include "sandbox/leftovers.hpp"
#include "sandbox/owner.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace cacheproof::sandbox {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

/// Folders below a root of the test's own.
class Sweep : public testing::Test {
protected:
  fs::path abandoned(const std::string& name, const std::string& note = "pid 1\n") {
    auto folder = root_.path() / name;
    fs::create_directories(folder / "deep/er");
    std::ofstream(folder / "owner") << note; // pid 1 lives: the lock counts, not the number
    return folder;
  }
  Lines sweep(bool dry_run = false) { return sandbox::sweep({.dry_run = dry_run, .roots = {root_.path()}}); }

  util::TempDir root_ = *util::TempDir::create();
};

TEST_F(Sweep, RemovesAFolderWhoseLockNobodyHolds) {
  const auto folder = abandoned("cacheproof-a");
  EXPECT_EQ(sweep(true), Lines{"would remove " + folder.string()});
  EXPECT_TRUE(fs::exists(folder));
  EXPECT_EQ(sweep(), Lines{"removed " + folder.string()});
  EXPECT_FALSE(fs::exists(folder));
  EXPECT_EQ(sweep(), Lines{});
}

TEST_F(Sweep, SaysWhoseAFolderWas) {
  auto owner = this_process();
  EXPECT_EQ(from_marker(to_marker(owner)), owner);
  owner.start -= 1; // another process had this number before
  owner.at = "2026-11-25 17:02:11";
  const auto ended = abandoned("cacheproof-a", to_marker(owner));
  owner.boot = "another";
  const auto before = abandoned("cacheproof-b", to_marker(owner));
  const auto given_up = abandoned("cacheproof-c", to_marker(this_process()));
  const auto pid = std::to_string(getpid());
  EXPECT_EQ(sweep(true),
            (Lines{"would remove " + ended.string() + ", left by pid " + pid + ", started 2026-11-25 17:02:11, ended",
                   "would remove " + before.string() + ", left by pid " + pid
                       + ", started 2026-11-25 17:02:11, before the last boot",
                   "would remove " + given_up.string() + ", left by pid " + pid + ", started " + this_process().at
                       + ", which gave it up"}));
}

// A run can be killed between the making of a folder and of its marker, and between the removing of the two.
TEST_F(Sweep, RemovesWhatIsHalfMadeUnlessItIsBeingMade) {
  const auto part = root_.path() / "cacheproof.part-a";
  fs::create_directories(part);
  const util::Fd making(open(root_.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_EQ(flock(making.get(), LOCK_SH), 0);
  EXPECT_EQ(sweep(), Lines{});
  ASSERT_EQ(flock(making.get(), LOCK_UN), 0);
  EXPECT_EQ(sweep(true), Lines{"would remove " + part.string()});
  EXPECT_EQ(sweep(), Lines{"removed " + part.string()});
  EXPECT_FALSE(fs::exists(part));
}

TEST_F(Sweep, LeavesWhatIsNotASandboxOrIsStillBeingMadeOrKept) {
  fs::create_directories(root_.path() / "cacheproof-being-made");
  fs::create_directories(root_.path() / "something/owner");
  const auto target = abandoned("elsewhere");
  fs::create_directory_symlink(target, root_.path() / "cacheproof-link");
  EXPECT_EQ(sweep(), Lines{});
  EXPECT_TRUE(fs::exists(root_.path() / "cacheproof-being-made"));
  EXPECT_TRUE(fs::exists(target / "owner"));
}

TEST_F(Sweep, LeavesALiveFolderAndRemovesItWhenTheOwnerIsGone) {
  const auto root = [&] {
    auto folder = Folder::create();
    EXPECT_TRUE(folder) << util::to_text(folder.error());
    const auto parent = folder->path().parent_path();
    for (const auto& line : sandbox::sweep({.dry_run = true, .roots = {parent}}))
      EXPECT_EQ(line.find(folder->path().string()), std::string::npos) << line;
    return folder->path();
  }();
  EXPECT_TRUE(lock_abandoned(root)) << "the lock goes with its holder";
  EXPECT_TRUE(remove_files(root));
}

TEST_F(Sweep, KillsProcessesByTheirMarkOnly) {
  const auto folder = abandoned("cacheproof-a");
  const process::Command sleep{{"/bin/sleep", "1000"}, {{{"CACHEPROOF_SANDBOX", folder.string()}}}, {}};
  const process::Command other{{"/bin/sleep", "1000"}, {{{"CACHEPROOF_SANDBOX", folder.string() + "b"}}}, {}};
  auto marked = process::Process::start(sleep);
  auto unmarked = process::Process::start(other);
  ASSERT_TRUE(marked && unmarked);
  EXPECT_EQ(sweep(),
            (Lines{"killed process " + std::to_string(marked->pid()) + " (sleep)", "removed " + folder.string()}));
  EXPECT_EQ(marked->wait(30s), (process::Exit{.signal = SIGKILL}));
  EXPECT_EQ(unmarked->poll(), std::nullopt);
}

TEST_F(Sweep, UnmountsTheDeepestFirst) {
  const auto folder = abandoned("cacheproof-a b"); // mountinfo writes the space as \040
  const auto outer = folder / "deep";
  if (geteuid() != 0 || mount("none", outer.c_str(), "tmpfs", 0, nullptr) != 0) GTEST_SKIP() << "needs root to mount";
  const auto inner = outer / "inner";
  fs::create_directories(inner);
  ASSERT_EQ(mount("none", inner.c_str(), "tmpfs", 0, nullptr), 0);
  EXPECT_EQ(sweep(),
            (Lines{"unmounted " + outer.string(), "unmounted " + inner.string(), "removed " + folder.string()}));
  EXPECT_EQ(leftovers(folder), Leftovers{});
}

// The file without the mount is what `ip netns delete` leaves when it is interrupted, too.
TEST_F(Sweep, RemovesNetworkNamespacesByTheirName) {
  const auto folder = abandoned("cacheproof-" + std::to_string(getpid()));
  const auto name = folder.filename().string();
  const bool first = !fs::exists("/run/netns"); // `ip` makes a mount of it, for good
  const auto added = [](const std::string& network) {
    const auto run = process::run({{"ip", "netns", "add", network}, {}, {}});
    return run && run->exit.ok();
  };
  if (geteuid() != 0 || !added(name)) GTEST_SKIP() << "needs root and `ip` (iproute2)";
  ASSERT_TRUE(added(name + "-2") && added(name + "2"));
  EXPECT_EQ(sweep(),
            (Lines{"removed network namespace /run/netns/" + name,
                   "removed network namespace /run/netns/" + name + "-2",
                   "removed " + folder.string()}));
  EXPECT_EQ(leftovers(folder), Leftovers{});
  EXPECT_TRUE(fs::exists("/run/netns/" + name + "2")) << "that is another's";
  EXPECT_TRUE(process::run({{"ip", "netns", "delete", name + "2"}, {}, {}})->exit.ok());
  if (first) {
    EXPECT_TRUE(umount2("/run/netns", MNT_DETACH) == 0 && fs::remove("/run/netns"));
  }
}

/// The answers of a docker that has two containers, one of them a killed run's, and notes what it is told to remove.
constexpr const char* k_docker = R"(#!/bin/sh
case $1 in
ps) printf '%s\n' "1111 $FAKE_FOLDER" '2222 /dev/shm/cacheproof-else' ;;
rm) echo "$@" >"$FAKE_FOLDER.removed" ;;
esac
)";

TEST_F(Sweep, RemovesContainersByTheirLabel) {
  const auto folder = abandoned("cacheproof-a");
  std::ofstream(root_.path() / "docker") << k_docker;
  fs::permissions(root_.path() / "docker", fs::perms::owner_all);
  const std::string path = std::getenv("PATH");
  setenv("PATH", (root_.path().string() + ":" + path).c_str(), 1);
  setenv("FAKE_FOLDER", folder.c_str(), 1);
  EXPECT_EQ(sweep(true), (Lines{"would remove container 1111", "would remove " + folder.string()}));
  EXPECT_FALSE(fs::exists(folder.string() + ".removed"));
  EXPECT_EQ(sweep(), (Lines{"removed container 1111", "removed " + folder.string()}));
  EXPECT_EQ(util::read_text(folder.string() + ".removed"), "rm --force --volumes 1111\n");
  setenv("PATH", path.c_str(), 1);
  unsetenv("FAKE_FOLDER");
}

/// Whoever sweeps beside it would remove the container, too.
class SweepAlone : public Sweep {};

TEST_F(SweepAlone, RemovesContainersOfARealEngine) {
  const auto docker = [](std::vector<std::string> words) {
    words.insert(words.begin(), "docker");
    return process::run({std::move(words), {}, {}}, {.timeout = 60s});
  };
  const auto answer = docker({"version"});
  if (!answer || !answer->exit.ok()) GTEST_SKIP() << "no Docker engine answers here";
  const auto folder = abandoned("cacheproof-a");
  const auto image = folder / "image.tar"; // an image without a layer will do for a container that is only created
  ASSERT_TRUE(process::run({{"tar", "-cf", image.string(), "-T", "/dev/null"}, {}, {}})->exit.ok());
  const auto imported = docker({"import", image.string()});
  ASSERT_TRUE(imported->exit.ok()) << imported->err;
  const std::string id{util::trim(imported->out)};
  const auto made = docker({"create", "--label", "cacheproof.sandbox=" + folder.string(), id, "/none"});
  ASSERT_TRUE(made->exit.ok()) << made->err;
  const std::string container{util::trim(made->out)};
  EXPECT_EQ(sweep(), (Lines{"removed container " + container, "removed " + folder.string()}));
  EXPECT_FALSE(docker({"inspect", container})->exit.ok());
  EXPECT_TRUE(docker({"rmi", id})->exit.ok());
}

} // namespace
} // namespace cacheproof::sandbox
