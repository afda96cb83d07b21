#include "sandbox/admission.hpp"
#include "sandbox/folder.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>

namespace cacheproof::sandbox {
namespace {

namespace fs = std::filesystem;
using Admitted = std::optional<fs::path>;

constexpr auto k_mib = std::uintmax_t{1} << 20;
constexpr auto k_gib = std::uintmax_t{1} << 30;

Room with(std::uintmax_t free) {
  return {100 * k_gib, {{"/a", free}}};
}

TEST(Admission, CountsWhatThoseWithClaimsMayStillTake) {
  Admission admission;
  EXPECT_EQ(admission.admit(with(5 * k_gib / 2)), Admitted("/a"));
  EXPECT_EQ(admission.admit(with(5 * k_gib / 2)), Admitted("/a")) << "the first has taken nothing yet";
  EXPECT_EQ(admission.admit(with(5 * k_gib / 2)), Admitted()) << "nor has the second";
  EXPECT_EQ(admission.admit(with(3 * k_gib / 2)), Admitted()) << "one of them has taken what it had a claim on";
  admission.end("/a");
  EXPECT_EQ(admission.admit(with(5 * k_gib / 2)), Admitted("/a"));
}

TEST(Admission, WhatWasTakenIsNotCountedTwice) {
  Admission admission;
  EXPECT_EQ(admission.admit(with(2 * k_gib)), Admitted("/a"));
  EXPECT_EQ(admission.admit(with(k_gib)), Admitted("/a"));
}

TEST(Admission, WhatOthersTakeAndGiveBackIsNotOurs) {
  Admission admission;
  EXPECT_EQ(admission.admit(with(9 * k_gib)), Admitted("/a"));
  EXPECT_EQ(admission.admit(with(k_gib / 2)), Admitted()) << "most of that is another's: no sandbox takes so much";
  EXPECT_EQ(admission.admit(with(3 * k_gib / 2)), Admitted()) << "and of this the first may still take the most";
  EXPECT_EQ(admission.admit(with(9 * k_gib)), Admitted("/a"));
}

TEST(Admission, GoesElsewhereWhereThePreferredPlaceIsPromised) {
  Admission admission;
  const Room now{100 * k_gib, {{"/a", 3 * k_gib / 2}, {"/b", 9 * k_gib}}};
  EXPECT_EQ(admission.admit(now), Admitted("/a"));
  EXPECT_EQ(admission.admit(now), Admitted("/b"));
  admission.end("/a");
  EXPECT_EQ(admission.admit(now), Admitted("/a"));
}

TEST(Admission, CountsMemoryLikewise) {
  Admission admission;
  const Room now{700 * k_mib, {{"/a", 9 * k_gib}}};
  EXPECT_EQ(admission.admit(now), Admitted("/a"));
  EXPECT_EQ(admission.admit(now), Admitted());
}

TEST(Admission, LetsOneInWhateverThereIs) {
  Admission admission;
  EXPECT_EQ(admission.admit({}), Admitted(""));
  EXPECT_EQ(admission.admit(with(9 * k_gib)), Admitted("/a")) << "there is room again";
  admission.end("");
  admission.end("/a");
  EXPECT_EQ(admission.admit({}), Admitted("")) << "nobody is left";
}

/// A small file system in the place of TMPDIR.
class SmallRoot : public testing::Test {
protected:
  void SetUp() override {
    if (geteuid() != 0 || mount("none", path().c_str(), "tmpfs", 0, "size=1536m") != 0)
      GTEST_SKIP() << "needs root to mount";
    if (const char* before = std::getenv("TMPDIR")) before_ = before;
    setenv("TMPDIR", path().c_str(), 1);
    if (const char* before = std::getenv("XDG_STATE_HOME")) state_before_ = before;
    setenv("XDG_STATE_HOME", path().c_str(), 1); // the user's own is not for tests
  }
  void TearDown() override {
    if (IsSkipped()) return;
    before_.empty() ? unsetenv("TMPDIR") : setenv("TMPDIR", before_.c_str(), 1);
    state_before_.empty() ? unsetenv("XDG_STATE_HOME") : setenv("XDG_STATE_HOME", state_before_.c_str(), 1);
    EXPECT_EQ(umount2(path().c_str(), MNT_DETACH), 0);
  }
  const fs::path& path() const { return folder_.path(); }
  /// The room, but for other places.
  Room here() const {
    auto now = room();
    std::erase_if(now.places, [&](const Place& place) { return place.root != path(); });
    return now;
  }

private:
  util::TempDir folder_ = util::TempDir::create().value();
  std::string before_;
  std::string state_before_;
};

TEST_F(SmallRoot, IsRoomForOneUntilThatHasEnded) {
  Admission admission;
  EXPECT_GT(here().memory, 0u);
  EXPECT_EQ(admission.admit(here()), Admitted(path()));
  EXPECT_EQ(admission.admit(here()), Admitted());
  const util::Fd file(open((path() / "taken").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_EQ(posix_fallocate(file.get(), 0, 200 * k_mib), 0);
  EXPECT_LE(here().places.at(0).free, 1336 * k_mib);
  EXPECT_EQ(admission.admit(here()), Admitted());
  admission.end(path());
  EXPECT_EQ(admission.admit(here()), Admitted(path()));
}

TEST_F(SmallRoot, IsNoPlaceOfItsOwnOnAFileSystemThatIsOne) {
  const auto of_shm = util::make_unique_directory("/dev/shm", "cacheproof-test-");
  if (!of_shm || !usable_space("/dev/shm")) GTEST_SKIP() << "needs a /dev/shm where programs may run";
  setenv("TMPDIR", of_shm->c_str(), 1);
  const auto now = room();
  EXPECT_TRUE(util::remove_tree(*of_shm));
  ASSERT_EQ(now.places.size(), 1u);
  EXPECT_EQ(now.places[0].root, "/dev/shm");
}

TEST_F(SmallRoot, IsNoneWhereNoProgramMayRun) {
  ASSERT_EQ(mount("none", path().c_str(), "tmpfs", MS_REMOUNT | MS_NOEXEC, "size=1536m"), 0);
  EXPECT_EQ(here().places.size(), 0u);
}

TEST_F(SmallRoot, IsWhereASandboxGoesThatIsSentThere) {
  const auto folder = Folder::create(path());
  ASSERT_TRUE(folder);
  EXPECT_EQ(folder->path().parent_path(), path());
  EXPECT_TRUE(remove_files(folder->path()));
}

} // namespace
} // namespace cacheproof::sandbox
