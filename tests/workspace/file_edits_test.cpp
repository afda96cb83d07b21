// Edits of names, links, modes, owners and attributes, and the ways in which content may be changed.
#include "workspace/context_fixture.hpp"

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <string>

namespace cacheproof::workspace {
namespace {

namespace fs = std::filesystem;

class FileEdits : public ContextFixture {
protected:
  void SetUp() override {
    put(users("sub/file"), "one\n");
    put(users("other"), "other\n");
    put(outside("file"), "theirs\n");
    fs::create_directory_symlink(outside(), users("out"));
    chmod(users("sub/file").c_str(), 0751);
    for (const auto* path : {"sub/file", "sub", "other"}) age(users(path), k_long_ago + 7);
  }
  static scenario::Edit move(Kind kind, std::string path, std::string to) {
    auto change = edit(kind, std::move(path));
    change.to = std::move(to);
    return change;
  }
  static scenario::Edit with_mode(Kind kind, std::string path, unsigned mode) {
    auto change = edit(kind, std::move(path));
    change.mode = mode;
    return change;
  }
};

TEST_F(FileEdits, RenameFilesAndFoldersWithAllTheyAre) {
  auto context = copied();
  EXPECT_EQ(apply(context, move(Kind::rename, "sub/file", "new/deep/file")), "rename sub/file to new/deep/file");
  EXPECT_FALSE(fs::exists(ours("sub/file")));
  EXPECT_EQ(mode(ours("new/deep/file")), 0751u);
  EXPECT_EQ(mtime(ours("new/deep/file")), k_long_ago + 7);
  apply(context, move(Kind::rename, "new", "moved"));
  EXPECT_EQ(content(ours("moved/deep/file")), "one\n");
}

TEST_F(FileEdits, CopyFilesAndFoldersWithAllTheyAre) {
  auto context = copied();
  EXPECT_EQ(apply(context, move(Kind::copy, "sub", "twin")), "copy sub to twin");
  EXPECT_EQ(content(ours("twin/file")), "one\n");
  EXPECT_EQ(mtime(ours("twin/file")), k_long_ago + 7);
  EXPECT_NE(facts(ours("twin/file")).st_ino, facts(ours("sub/file")).st_ino);
}

TEST_F(FileEdits, OverwriteNothing) {
  auto context = copied();
  for (const auto kind : {Kind::rename, Kind::copy})
    EXPECT_EQ(apply(context, move(kind, "sub/file", "other")), refused("sub/file", "finds other there already"));
  for (const auto kind : {Kind::symlink, Kind::hardlink})
    EXPECT_EQ(apply(context, move(kind, "other", "sub/file")), refused("other", "finds other there already"));
  EXPECT_EQ(apply(context, edit(Kind::mkdir, "sub")), refused("sub", "finds sub there already"));
  EXPECT_EQ(content(ours("other")), "other\n");
}

TEST_F(FileEdits, MakeFoldersAndLinks) {
  auto context = copied();
  EXPECT_EQ(apply(context, with_mode(Kind::mkdir, "a/b", 0700)), "mkdir a/b (0700)");
  EXPECT_EQ(mode(ours("a/b")), 0700u);
  EXPECT_EQ(mode(ours("a")), 0755u);
  EXPECT_EQ(apply(context, move(Kind::symlink, "a/link", "../sub/file")), "symlink a/link -> ../sub/file");
  EXPECT_EQ(fs::read_symlink(ours("a/link")), "../sub/file");
  EXPECT_EQ(apply(context, move(Kind::hardlink, "a/hard", "sub/file")), "hardlink a/hard = sub/file");
  EXPECT_EQ(facts(ours("a/hard")).st_ino, facts(ours("sub/file")).st_ino);
  apply(context, edit(Kind::append, "a/hard", "two\n"));
  EXPECT_EQ(content(ours("sub/file")), "one\ntwo\n") << "content is changed in place: the other name sees it";
}

TEST_F(FileEdits, ChangeModes) {
  auto context = copied();
  EXPECT_EQ(apply(context, with_mode(Kind::chmod, "sub/file", 04644)), "chmod sub/file (0751 -> 4644)");
  EXPECT_EQ(mode(ours("sub/file")), 04644u);
  EXPECT_EQ(mtime(ours("sub/file")), k_long_ago + 7);
  EXPECT_EQ(apply(context, with_mode(Kind::chmod, "sub/file", 04644)), refused("sub/file", "changes nothing"));
  EXPECT_EQ(apply(context, with_mode(Kind::chmod, "out", 0700)),
            refused("out", "finds a symbolic link, which has no mode"));
  auto write = edit(Kind::write, "other", "other\n");
  write.mode = 0600;
  apply(context, write);
  EXPECT_EQ(mode(ours("other")), 0600u) << "equal content, another mode";
}

TEST_F(FileEdits, ChangeOwners) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  auto context = copied();
  auto change = edit(Kind::chown, "sub/file");
  change.gid = 2345;
  EXPECT_EQ(apply(context, change), "chown sub/file (0:0 -> 0:2345)");
  EXPECT_EQ(facts(ours("sub/file")).st_gid, 2345u);
  EXPECT_EQ(apply(context, change), refused("sub/file", "changes nothing"));
}

TEST_F(FileEdits, SetAttributes) {
  auto context = copied();
  auto change = edit(Kind::xattr, "sub/file", "value");
  change.name = "user.key";
  const auto said = apply(context, change);
  if (said.find("this machine cannot") != std::string::npos) GTEST_SKIP() << said;
  EXPECT_EQ(said, "xattr sub/file user.key");
  char value[16];
  ASSERT_EQ(getxattr(ours("sub/file").c_str(), "user.key", value, sizeof value), 5);
  EXPECT_EQ(apply(context, change), refused("sub/file", "changes nothing"));
}

/// The words and the blame of an edit that does not happen.
TEST_F(FileEdits, ThatTheMachineCannotDoAreNobodysMistake) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  auto context = copied();
  auto attribute = edit(Kind::xattr, "sub/file", "value");
  attribute.name = "nobodys.key"; // as `user.` on a file system without them
  auto owner = edit(Kind::chown, "sub/file");
  owner.uid = 1;
  const auto said = context.apply(std::vector{attribute});
  ASSERT_EQ(seteuid(65534), 0);
  const auto given = context.apply(std::vector{owner});
  ASSERT_EQ(seteuid(0), 0);
  ASSERT_FALSE(said);
  EXPECT_EQ(util::to_text(said.error()),
            "x.yaml:7: this machine cannot set nobodys.key of sub/file: Operation not supported\n"
            "  to do: a tmpfs has attributes from Linux 6.6 on; TMPDIR names another place");
  EXPECT_EQ(said.error().blame, util::Blame::unable);
  ASSERT_FALSE(given);
  EXPECT_EQ(util::to_text(given.error()),
            "x.yaml:7: this machine cannot give away sub/file: Operation not permitted\n"
            "  to do: only root gives files away, and in a user namespace only to its own ids");
  EXPECT_EQ(given.error().blame, util::Blame::unable);
}

TEST_F(FileEdits, KeepTheTimeToTheNanosecond) {
  auto context = copied();
  auto change = edit(Kind::append, "sub/file", "two\n");
  change.keep_mtime = true;
  apply(context, change);
  EXPECT_EQ(content(ours("sub/file")), "one\ntwo\n");
  EXPECT_EQ(mtime(ours("sub/file")), k_long_ago + 7);
  change.path = "new";
  change.kind = Kind::write;
  EXPECT_EQ(apply(context, change), refused("new", "finds no file whose time it could keep"));
}

TEST_F(FileEdits, KeepTheSizeOrRefuse) {
  auto context = copied();
  auto change = edit(Kind::replace, "sub/file", "ONE", "one");
  change.keep_size = true;
  EXPECT_EQ(apply(context, change), "replace sub/file (4 -> 4 bytes)");
  change = edit(Kind::append, "sub/file", "x");
  change.keep_size = true;
  EXPECT_EQ(apply(context, change), refused("sub/file", "would change the size from 4 to 5 bytes"));
  EXPECT_EQ(content(ours("sub/file")), "ONE\n");
}

TEST_F(FileEdits, AtomicOnesLeaveOtherHardLinksTheOldContent) {
  auto context = copied();
  apply(context, move(Kind::hardlink, "hard", "sub/file"));
  const auto before = facts(ours("sub/file"));
  auto change = edit(Kind::append, "sub/file", "two\n");
  change.atomic = true;
  apply(context, change);
  EXPECT_EQ(content(ours("sub/file")), "one\ntwo\n");
  EXPECT_EQ(content(ours("hard")), "one\n");
  EXPECT_NE(facts(ours("sub/file")).st_ino, before.st_ino);
  EXPECT_EQ(mode(ours("sub/file")), 0751u);
  EXPECT_EQ(std::distance(fs::directory_iterator(ours("sub")), {}), 1) << "nothing is left beside";
}

TEST_F(FileEdits, LeadOutOfTheContextThroughNoLink) {
  auto context = copied();
  for (const auto& change : {move(Kind::rename, "out/file", "mine"),
                             move(Kind::copy, "out/file", "mine"),
                             move(Kind::copy, "other", "out/mine"),
                             move(Kind::hardlink, "mine", "out/file"),
                             move(Kind::symlink, "out/mine", "x"),
                             with_mode(Kind::chmod, "out/file", 0777),
                             with_mode(Kind::mkdir, "out/mine", 0777)}) {
    SCOPED_TRACE(change.path);
    EXPECT_FALSE(context.apply(std::vector{change}));
  }
  EXPECT_EQ(content(outside("file")), "theirs\n");
  EXPECT_EQ(std::distance(fs::directory_iterator(outside()), {}), 1);
}

} // namespace
} // namespace cacheproof::workspace
