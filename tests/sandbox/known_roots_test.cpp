#include "sandbox/folder.hpp"
#include "sandbox/janitor.hpp"
#include "sandbox/known_roots.hpp"
#include "util/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <thread>

namespace cacheproof::sandbox {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::Not;

/// A home of the test's own, and a root that is nobody's TMPDIR any more.
class KnownRoots : public testing::Test {
protected:
  void SetUp() override {
    set("XDG_STATE_HOME", (folder_.path() / "state").string());
    fs::create_directories(root_);
  }
  void TearDown() override {
    for (const auto& [name, value] : before_)
      value.empty() ? unsetenv(name.c_str()) : setenv(name.c_str(), value.c_str(), 1);
  }
  void set(const std::string& name, const std::string& value) {
    const char* before = std::getenv(name.c_str());
    before_.emplace(name, before ? before : "");
    setenv(name.c_str(), value.c_str(), 1);
  }

  util::TempDir folder_ = util::TempDir::create().value();
  const fs::path root_ = folder_.path() / "root";

private:
  std::map<std::string, std::string> before_;
};

TEST_F(KnownRoots, AreRememberedUntilTheyAreGone) {
  EXPECT_THAT(known_roots(), Not(Contains(root_)));
  remember(root_);
  EXPECT_THAT(known_roots(), Contains(root_).Times(1));
  fs::remove(root_);
  EXPECT_THAT(known_roots(), Not(Contains(root_)));
  sweep({.dry_run = true, .roots = {}});
  fs::create_directories(root_);
  EXPECT_THAT(known_roots(), Contains(root_)) << "who only looks forgets nothing";
  fs::remove(root_);
  sweep({.dry_run = false, .roots = {}});
  fs::create_directories(root_);
  EXPECT_THAT(known_roots(), Not(Contains(root_))) << "it was forgotten";
}

TEST_F(KnownRoots, AreNotesOfTheUserBehindSudo) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root";
  set("XDG_STATE_HOME", (folder_.path() / "home/.local/state").string());
  set("SUDO_UID", "65534"); // nobody
  set("SUDO_GID", "65534");
  remember(root_);
  EXPECT_THAT(known_roots(), Contains(root_));
  const auto owner = [](const fs::path& path) {
    struct stat info {};
    return lstat(path.c_str(), &info) == 0 ? std::optional(info.st_uid) : std::nullopt;
  };
  EXPECT_EQ(owner(folder_.path()), 0u) << "it was there before";
  EXPECT_EQ(owner(folder_.path() / "home"), 65534u);
  for (const auto& entry : fs::recursive_directory_iterator(folder_.path() / "home"))
    EXPECT_EQ(owner(entry.path()), 65534u) << entry.path();
}

TEST_F(KnownRoots, AreNotedOnceBySeveralRuns) {
  {
    const std::jthread one([&] { remember(root_); });
    const std::jthread two([&] { remember(root_); });
  }
  remember(folder_.path());
  remember("/dev/shm");
  EXPECT_THAT(known_roots(), Contains(root_).Times(1));
  EXPECT_THAT(known_roots(), Contains(folder_.path()).Times(1));
  EXPECT_THAT(known_roots(), Contains("/dev/shm").Times(1));
  const fs::directory_iterator notes(folder_.path() / "state/cacheproof/roots");
  EXPECT_EQ(std::distance(begin(notes), end(notes)), 2);
}

TEST_F(KnownRoots, AreNotNotedWhereNothingCanBeWritten) {
  set("XDG_STATE_HOME", "");
  for (const auto* home : {"/proc/nobody", ""}) {
    set("HOME", home);
    remember(root_);
    EXPECT_EQ(known_roots(), roots());
    EXPECT_FALSE(fs::exists(".local/state/cacheproof"));
  }
}

/// Noted before there is something in it that could be left.
TEST_F(KnownRoots, AreThoseThatSandboxesAreMadeIn) {
  const auto folder = Folder::create(root_);
  ASSERT_TRUE(folder);
  ASSERT_EQ(folder->path().parent_path(), root_);
  EXPECT_THAT(known_roots(), Contains(root_));
  EXPECT_TRUE(remove_files(folder->path()));
}

} // namespace
} // namespace cacheproof::sandbox
