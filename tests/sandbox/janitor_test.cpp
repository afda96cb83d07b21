#include "process/process.hpp"
#include "sandbox/janitor.hpp"
#include "sandbox/leftovers.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
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
  fs::path abandoned(const std::string& name) {
    const auto folder = root_.path() / name;
    fs::create_directories(folder / "deep/er");
    std::ofstream(folder / "owner") << "pid 1\n"; // that pid lives: the lock counts, not the number
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
  EXPECT_EQ(sweep(), (Lines{"killed process " + std::to_string(marked->pid()), "removed " + folder.string()}));
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

} // namespace
} // namespace cacheproof::sandbox
