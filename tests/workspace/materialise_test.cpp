#include "workspace/context_fixture.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <string>

namespace cacheproof::workspace {
namespace {

namespace fs = std::filesystem;

class CopiedFolder : public ContextFixture {};

TEST_F(CopiedFolder, KeepsModesWhateverTheUmask) {
  put(users("secret"), "s");
  put(users("tool"), "t");
  put(users("open/all"), "a");
  chmod(users("secret").c_str(), 0600);
  chmod(users("tool").c_str(), 04755);
  chmod(users("open/all").c_str(), 0666);
  chmod(users("open").c_str(), 01777);
  chmod(users().c_str(), 0750);
  const Umask mask(077);
  copied();
  EXPECT_EQ(mode(ours("secret")), 0600U);
  EXPECT_EQ(mode(ours("tool")), 04755U);
  EXPECT_EQ(mode(ours("open/all")), 0666U);
  EXPECT_EQ(mode(ours("open")), 01777U);
  EXPECT_EQ(mode(ours()), 0750U);
}

TEST_F(CopiedFolder, IsCopiedThroughReadOnlyFolders) {
  put(users("locked/file"), "f");
  chmod(users("locked").c_str(), 0555);
  copied();
  EXPECT_EQ(mode(ours("locked")), 0555U);
  EXPECT_EQ(content(ours("locked/file")), "f");
}

TEST_F(CopiedFolder, KeepsOwnersAndWhatTheirChangeWouldClear) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  put(users("tool"), "t");
  ASSERT_EQ(chown(users("tool").c_str(), 1234, 2345), 0);
  chmod(users("tool").c_str(), 06755);
  fs::create_symlink("tool", users("link"));
  ASSERT_EQ(lchown(users("link").c_str(), 1234, 2345), 0);
  copied();
  for (const auto* path : {"tool", "link"}) {
    EXPECT_EQ(facts(ours(path)).st_uid, 1234U) << path;
    EXPECT_EQ(facts(ours(path)).st_gid, 2345U) << path;
  }
  EXPECT_EQ(mode(ours("tool")), 06755U);
}

TEST_F(CopiedFolder, KeepsTimesToTheNanosecond) {
  put(users("sub/file"), "f");
  fs::create_symlink("file", users("sub/link"));
  age(users("sub/link"), 1'000'000'000'000'000'001);
  age(users("sub/file"), 1'234'567'890'123'456'789);
  age(users("sub"), 1'111'111'111'111'111'111);
  age(users(), 999'999'999'999'999'999);
  copied();
  EXPECT_EQ(mtime(ours("sub/link")), 1'000'000'000'000'000'001);
  EXPECT_EQ(mtime(ours("sub/file")), 1'234'567'890'123'456'789);
  EXPECT_EQ(mtime(ours("sub")), 1'111'111'111'111'111'111);
  EXPECT_EQ(mtime(ours()), 999'999'999'999'999'999);
}

TEST_F(CopiedFolder, KeepsLinksAsLinksWhereverTheyLead) {
  put(users("file"), "f");
  fs::create_symlink("file", users("inside"));
  fs::create_symlink("/etc", users("absolute"));
  fs::create_symlink("../../nowhere", users("dangling"));
  copied();
  EXPECT_EQ(fs::read_symlink(ours("inside")), "file");
  EXPECT_EQ(fs::read_symlink(ours("absolute")), "/etc");
  EXPECT_EQ(fs::read_symlink(ours("dangling")), "../../nowhere");
}

TEST_F(CopiedFolder, KeepsUserAttributes) {
  put(users("file"), "f");
  if (setxattr(users("file").c_str(), "user.colour", "blue", 4, 0) != 0)
    GTEST_SKIP() << "the file system of " << users() << " has no user attributes";
  ASSERT_EQ(setxattr(users().c_str(), "user.empty", "", 0, 0), 0);
  copied();
  std::string value(16, '?');
  ASSERT_EQ(getxattr(ours("file").c_str(), "user.colour", value.data(), value.size()), 4);
  EXPECT_EQ(value.substr(0, 4), "blue");
  EXPECT_EQ(getxattr(ours().c_str(), "user.empty", value.data(), value.size()), 0);
}

TEST_F(CopiedFolder, HoldsTheWholeOfALargeAndAnEmptyFile) {
  std::string large(1'000'003, 'x');
  for (std::size_t i = 0; i < large.size(); i += 4096) large[i] = static_cast<char>('a' + i % 26);
  put(users("large"), large);
  put(users("empty"), "");
  copied();
  EXPECT_EQ(content(ours("large")), large);
  EXPECT_EQ(content(ours("empty")), "");
}

TEST_F(CopiedFolder, StaysApartFromTheUsersFile) {
  put(users("file"), "theirs");
  fs::create_hard_link(users("file"), users("twin"));
  const auto before = fingerprint(users()).value();
  auto context = copied();
  for (const auto* path : {"file", "twin"}) {
    EXPECT_EQ(facts(ours(path)).st_nlink, 1U);
    EXPECT_EQ(apply(context, edit(Kind::append, path, "!")), std::string("append ") + path + " (6 -> 7 bytes)");
  }
  EXPECT_EQ(fingerprint(users()).value(), before);
}

TEST_F(CopiedFolder, EqualsTheUsersInItsFingerprint) {
  put(users("a/b"), "1");
  fs::create_symlink("a", users("link"));
  chmod(users("a/b").c_str(), 0640);
  copied();
  EXPECT_EQ(fingerprint(ours()).value(), fingerprint(users()).value());
}

TEST_F(CopiedFolder, RefusesPipes) {
  fs::create_directories(users());
  ASSERT_EQ(mkfifo(users("pipe").c_str(), 0600), 0);
  const auto context = Context::materialise(users(), ours());
  ASSERT_FALSE(context);
  EXPECT_EQ(util::to_text(context.error()),
            "the context holds " + users("pipe").string()
                + ", which is no file, folder or link\n"
                  "  to do: remove it: sockets, pipes and devices are no build input");
  EXPECT_EQ(context.error().blame, util::Blame::input);
}

TEST_F(CopiedFolder, RefusesSockets) {
  fs::create_directories(users());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = users("socket").string();
  if (path.size() >= sizeof address.sun_path) GTEST_SKIP() << path << " is too long for a socket";
  std::copy(path.begin(), path.end(), address.sun_path);
  const util::Fd listening(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // NOLINTNEXTLINE: the socket API's own cast
  ASSERT_EQ(bind(listening.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const auto context = Context::materialise(users(), ours());
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().what, "the context holds " + path + ", which is no file, folder or link");
}

TEST_F(CopiedFolder, NeedsAFolderOfItsOwn) {
  put(users("file"), "f");
  put(ours("theirs"), "t");
  const auto context = Context::materialise(users(), ours());
  ASSERT_FALSE(context);
  EXPECT_EQ(context.error().what, "cannot make the folder " + ours().string() + ": File exists");
  EXPECT_EQ(content(ours("theirs")), "t");
}

} // namespace
} // namespace cacheproof::workspace
