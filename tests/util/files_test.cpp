#include "util/files.hpp"
#include "util/hash.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace cacheproof::util {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
protected:
  TempDir dir_ = TempDir::create().value();
};

TEST_F(Files, TextComesBackAsWritten) {
  const auto path = dir_.path() / "x";
  ASSERT_TRUE(write_text(path, std::string("a\0b\n", 4)));
  EXPECT_EQ(read_text(path).value(), std::string("a\0b\n", 4));
}

TEST_F(Files, WritingLeavesNothingBesideTheTarget) {
  ASSERT_TRUE(write_text(dir_.path() / "x", "1"));
  ASSERT_TRUE(write_text(dir_.path() / "x", "2"));
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(dir_.path())) ++count;
  EXPECT_EQ(count, 1U);
}

TEST_F(Files, WritingRespectsTheUmask) {
  const mode_t before = umask(027);
  ASSERT_TRUE(write_text(dir_.path() / "x", ""));
  umask(before);
  struct stat info {};
  ASSERT_EQ(stat((dir_.path() / "x").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0640U);
}

TEST_F(Files, AFailedWriteNamesTheFile) {
  const auto result = write_text("/proc/nowhere/x", "1");
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().what, testing::StartsWith("cannot write /proc/nowhere/x: "));
}

TEST_F(Files, AMissingFileIsNamed) {
  const auto path = dir_.path() / "missing";
  EXPECT_EQ(read_text(path).error().what, "cannot read " + path.string() + ": No such file or directory");
}

TEST_F(Files, RemovesATreeWithReadOnlyFolders) {
  const auto tree = dir_.path() / "tree";
  ASSERT_TRUE(make_directories(tree / "a"));
  ASSERT_TRUE(write_text(tree / "a" / "f", "1"));
  fs::permissions(tree / "a", fs::perms::owner_read | fs::perms::owner_exec);
  ASSERT_TRUE(remove_tree(tree));
  EXPECT_FALSE(fs::exists(tree));
  EXPECT_TRUE(remove_tree(tree)) << "what is not there is no error";
}

TEST_F(Files, ATempDirEndsWithItsOwner) {
  fs::path path;
  {
    const auto dir = TempDir::create(dir_.path(), "t-").value();
    path = dir.path();
    ASSERT_TRUE(write_text(path / "f", "1"));
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(Fds, CloseWhatTheyOwn) {
  int raw = -1;
  {
    Fd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
    raw = fd.get();
    const Fd moved = std::move(fd);
    EXPECT_FALSE(fd); // NOLINT(bugprone-use-after-move): that a moved one is empty is the claim
    EXPECT_EQ(fcntl(raw, F_GETFD), FD_CLOEXEC);
  }
  EXPECT_EQ(fcntl(raw, F_GETFD), -1);
}

TEST_F(Files, HashesAreSha256) {
  const std::string abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; // FIPS 180-2, B.1
  EXPECT_EQ(sha256_hex("abc"), abc);
  EXPECT_EQ(sha256_digest("abc"), "sha256:" + abc);
  ASSERT_TRUE(write_text(dir_.path() / "x", "abc"));
  EXPECT_EQ(sha256_file(dir_.path() / "x").value(), abc);
  EXPECT_FALSE(sha256_file(dir_.path() / "missing"));
}

TEST(Locks, AreHeldAloneOrShared) {
  const auto folder = TempDir::create().value();
  const auto opened = [&] { return Fd(open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); };
  const auto one = opened();
  const auto two = opened();
  EXPECT_TRUE(hold_shared(one));
  EXPECT_TRUE(hold_shared(two));
  EXPECT_FALSE(hold_alone(opened())) << "others share it";
  {
    auto three = opened();
    EXPECT_TRUE(hold_shared(three));
  }
  const auto other = TempDir::create().value();
  auto alone = Fd(open(other.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_TRUE(hold_alone(alone));
  const auto late = Fd(open(other.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  EXPECT_FALSE(hold_shared(late));
  alone.reset();
  EXPECT_TRUE(hold_shared(late)) << "it went with the descriptor";
  EXPECT_FALSE(hold_alone(Fd())) << "nothing is open";
}

} // namespace
} // namespace cacheproof::util
