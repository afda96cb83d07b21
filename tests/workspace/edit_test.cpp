#include "workspace/context_fixture.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

namespace cacheproof::workspace {
namespace {

namespace fs = std::filesystem;

class Edits : public ContextFixture {
protected:
  void SetUp() override {
    put(users("sub/file"), "one two\n");
    put(users("other"), "other\n");
    put(outside("file"), "theirs\n");
    chmod(users("sub/file").c_str(), 0751);
    for (const auto* path : {"sub/file", "sub", "other"}) age(users(path), k_long_ago);
  }
};

TEST_F(Edits, OfContentWorkInPlaceAsAnEditorDoes) {
  if (geteuid() == 0) {
    ASSERT_EQ(chown(users("sub/file").c_str(), 1234, 2345), 0);
  }
  chmod(users("sub/file").c_str(), 0751); // after the change of owner
  auto context = copied();
  const auto before = facts(ours("sub/file"));
  const std::pair<scenario::Edit, std::string> story[] = {
      {edit(Kind::append, "sub/file", "three\n"), "one two\nthree\n"},
      {edit(Kind::replace, "sub/file", "TWO", "two"), "one TWO\nthree\n"},
      {edit(Kind::write, "sub/file", "all\n"), "all\n"},
  };
  for (const auto& [change, after] : story) {
    age(ours("sub/file"), k_long_ago);
    apply(context, change);
    EXPECT_EQ(content(ours("sub/file")), after);
    const auto now = facts(ours("sub/file"));
    EXPECT_EQ(now.st_ino, before.st_ino);
    EXPECT_EQ(now.st_mode, before.st_mode);
    EXPECT_EQ(now.st_uid, before.st_uid);
    EXPECT_EQ(now.st_gid, before.st_gid);
    EXPECT_GT(mtime(ours("sub/file")), k_long_ago) << "the time becomes now";
  }
  EXPECT_EQ(content(users("sub/file")), "one two\n");
}

TEST_F(Edits, AreToldInWordsInTheirOrder) {
  auto context = copied();
  const auto said = context.apply({edit(Kind::append, "sub/file", "three\n"),
                                   edit(Kind::replace, "sub/file", "1", "one"),
                                   edit(Kind::write, "new", "12"),
                                   edit(Kind::touch, "other"),
                                   edit(Kind::remove, "sub")});
  ASSERT_TRUE(said) << util::to_text(said.error());
  EXPECT_EQ(*said,
            (std::vector<std::string>{"append sub/file (8 -> 14 bytes)",
                                      "replace sub/file (14 -> 12 bytes)",
                                      "write new (0 -> 2 bytes)",
                                      "touch other",
                                      "delete sub"}));
}

TEST_F(Edits, StopAtTheFirstThatIsRefused) {
  auto context = copied();
  const auto said = context.apply(
      {edit(Kind::write, "first", "1"), edit(Kind::append, "nowhere", "!"), edit(Kind::write, "third", "3")});
  ASSERT_FALSE(said);
  EXPECT_EQ(said.error().what, refused("nowhere", "finds no such file in the context"));
  EXPECT_EQ(said.error().blame, util::Blame::input);
  EXPECT_TRUE(fs::exists(ours("first")));
  EXPECT_FALSE(fs::exists(ours("third")));
}

TEST_F(Edits, MakeNewFilesAndFoldersWhateverTheUmask) {
  auto context = copied();
  const auto before = umask(077);
  EXPECT_EQ(apply(context, edit(Kind::write, "new/deep/file", "text")), "write new/deep/file (0 -> 4 bytes)");
  EXPECT_EQ(apply(context, edit(Kind::write, "empty")), "write empty (0 -> 0 bytes)");
  umask(before);
  EXPECT_EQ(content(ours("new/deep/file")), "text");
  EXPECT_EQ(mode(ours("new/deep/file")), 0644U);
  EXPECT_EQ(mode(ours("empty")), 0644U);
  EXPECT_EQ(mode(ours("new/deep")), 0755U);
  EXPECT_EQ(mode(ours("new")), 0755U);
}

TEST_F(Edits, NeedTheFileThatTheyChange) {
  auto context = copied();
  for (const auto kind : {Kind::append, Kind::replace, Kind::remove, Kind::touch}) {
    EXPECT_EQ(apply(context, edit(kind, "sub/nowhere", "a", "b")),
              refused("sub/nowhere", "finds no such file in the context"));
    EXPECT_EQ(apply(context, edit(kind, "no/where", "a", "b")),
              refused("no/where", "finds no such file in the context"));
  }
  EXPECT_FALSE(fs::exists(ours("no")));
}

TEST_F(Edits, ThatReplaceMatchOnce) {
  auto context = copied();
  put(ours("twice"), "aXbXc");
  put(ours("overlapping"), "aaa");
  EXPECT_EQ(apply(context, edit(Kind::replace, "twice", "Y", "X")),
            refused("twice", "finds its `old` text more than once"));
  EXPECT_EQ(apply(context, edit(Kind::replace, "overlapping", "b", "aa")),
            refused("overlapping", "finds its `old` text more than once"));
  EXPECT_EQ(apply(context, edit(Kind::replace, "twice", "Y", "Z")), refused("twice", "does not find its `old` text"));
  EXPECT_EQ(apply(context, edit(Kind::replace, "twice", "Y", "")), refused("twice", "does not find its `old` text"));
  EXPECT_EQ(content(ours("twice")), "aXbXc");
}

TEST_F(Edits, ThatChangeNothingAreErrors) {
  auto context = copied();
  const auto nothing = refused("sub/file", "changes nothing");
  EXPECT_EQ(apply(context, edit(Kind::write, "sub/file", "one two\n")), nothing);
  EXPECT_EQ(apply(context, edit(Kind::append, "sub/file", "")), nothing);
  EXPECT_EQ(apply(context, edit(Kind::replace, "sub/file", "two", "two")), nothing);
  auto touch = edit(Kind::touch, "sub/file");
  touch.mtime = k_long_ago;
  EXPECT_EQ(apply(context, touch), nothing);
  auto rewrite = edit(Kind::write, "sub/file", "one two\n");
  rewrite.mtime = k_long_ago;
  EXPECT_EQ(apply(context, rewrite), nothing);
  EXPECT_EQ(fingerprint(ours()).value(), fingerprint(users()).value());
}

TEST_F(Edits, SetTimesToTheNanosecond) {
  auto context = copied();
  auto touch = edit(Kind::touch, "sub/file");
  touch.mtime = 1'234'567'890'123'456'789;
  EXPECT_EQ(apply(context, touch), "touch sub/file");
  EXPECT_EQ(mtime(ours("sub/file")), 1'234'567'890'123'456'789);

  auto write = edit(Kind::write, "new", "text");
  write.mtime = 999'999'999;
  apply(context, write);
  EXPECT_EQ(mtime(ours("new")), 999'999'999);

  auto same_text = edit(Kind::write, "sub/file", "one two\n");
  same_text.mtime = 1'234'567'890'123'456'788;
  EXPECT_EQ(apply(context, same_text), "write sub/file (8 -> 8 bytes)");
  EXPECT_EQ(mtime(ours("sub/file")), 1'234'567'890'123'456'788);
}

TEST_F(Edits, SetTimesBeforeTheYear1970) {
  auto context = copied();
  auto touch = edit(Kind::touch, "sub/file");
  touch.mtime = -1;
  if (apply(context, touch) != "touch sub/file" || facts(ours("sub/file")).st_mtim.tv_sec != -1)
    GTEST_SKIP() << "the file system of " << ours() << " has no such times";
  EXPECT_EQ(facts(ours("sub/file")).st_mtim.tv_nsec, 999'999'999);
}

TEST_F(Edits, TouchToNowAndFoldersToo) {
  auto context = copied();
  const auto text = content(ours("sub/file"));
  EXPECT_EQ(apply(context, edit(Kind::touch, "sub/file")), "touch sub/file");
  EXPECT_GT(mtime(ours("sub/file")), k_long_ago);
  EXPECT_EQ(content(ours("sub/file")), text);
  EXPECT_EQ(apply(context, edit(Kind::touch, "sub")), "touch sub");
  EXPECT_GT(mtime(ours("sub")), k_long_ago);
}

TEST_F(Edits, DeleteFilesFoldersAndLinksThemselves) {
  put(users("sub/deep/more"), "m");
  fs::create_symlink("other", users("link"));
  fs::create_symlink("nowhere", users("dangling"));
  auto context = copied();
  EXPECT_EQ(apply(context, edit(Kind::remove, "link")), "delete link");
  EXPECT_EQ(apply(context, edit(Kind::remove, "dangling")), "delete dangling");
  EXPECT_FALSE(fs::is_symlink(ours("link")));
  EXPECT_EQ(content(ours("other")), "other\n");
  EXPECT_EQ(apply(context, edit(Kind::remove, "sub")), "delete sub");
  EXPECT_FALSE(fs::exists(ours("sub")));
  EXPECT_EQ(apply(context, edit(Kind::remove, "other")), "delete other");
  EXPECT_FALSE(fs::exists(ours("other")));
}

TEST_F(Edits, FollowLinksInsideTheContext) {
  fs::create_symlink("file", users("sub/link"));
  fs::create_symlink("sub", users("folder"));
  auto context = copied();
  EXPECT_EQ(apply(context, edit(Kind::append, "sub/link", "3")), "append sub/link (8 -> 9 bytes)");
  EXPECT_EQ(apply(context, edit(Kind::append, "folder/file", "4")), "append folder/file (9 -> 10 bytes)");
  EXPECT_EQ(apply(context, edit(Kind::write, "folder/new", "n")), "write folder/new (0 -> 1 bytes)");
  EXPECT_TRUE(fs::is_symlink(ours("sub/link")));
  EXPECT_EQ(content(ours("sub/file")), "one two\n34");
  EXPECT_EQ(content(ours("sub/new")), "n");
}

TEST_F(Edits, FollowNoLinkOutOfTheContext) {
  put(outside("folder/file"), "theirs\n");
  const auto before = fingerprint(outside()).value();
  const std::pair<const char*, fs::path> links[] = {{"absolute_file", outside("file")},
                                                    {"absolute_folder", outside("folder")},
                                                    {"absolute_nothing", outside("nothing")},
                                                    {"climbing_file", "../outside/file"},
                                                    {"climbing_folder", "../outside/folder"},
                                                    {"climbing_nothing", "../outside/nothing"},
                                                    {"root", "/"},
                                                    {"self", "/proc/self/cwd"}};
  for (const auto& [name, target] : links) fs::create_symlink(target, users(name));
  auto context = copied();
  for (const std::string climb : {"absolute", "climbing"}) {
    for (const std::string& path : {climb + "_file", climb + "_folder/file", climb + "_nothing"})
      for (const auto kind : {Kind::write, Kind::append, Kind::replace, Kind::touch})
        EXPECT_EQ(apply(context, edit(kind, path, "ours", "theirs")), refused(path, "leads out of the context"))
            << static_cast<int>(kind);
    EXPECT_EQ(apply(context, edit(Kind::write, climb + "_folder/new", "ours")),
              refused(climb + "_folder/new", "leads out of the context"));
    EXPECT_EQ(apply(context, edit(Kind::write, climb + "_folder/new/file", "ours")),
              refused(climb + "_folder/new/file", "leads out of the context"));
    EXPECT_EQ(apply(context, edit(Kind::remove, climb + "_folder/file")),
              refused(climb + "_folder/file", "leads out of the context"));
    // The link itself is the context's own.
    EXPECT_EQ(apply(context, edit(Kind::remove, climb + "_folder")), "delete " + climb + "_folder");
  }
  EXPECT_EQ(apply(context, edit(Kind::touch, "root")), refused("root", "leads out of the context"));
  EXPECT_EQ(apply(context, edit(Kind::write, "self/x", "x")), refused("self/x", "leads out of the context"));
  EXPECT_EQ(fingerprint(outside()).value(), before);
}

TEST_F(Edits, RemoveNothingOutsideBelowAFolder) {
  fs::create_directory_symlink(outside(), users("sub/out"));
  auto context = copied();
  EXPECT_EQ(apply(context, edit(Kind::remove, "sub")), "delete sub");
  EXPECT_EQ(content(outside("file")), "theirs\n");
}

TEST_F(Edits, SayWhatStandsInTheirWay) {
  auto context = copied();
  EXPECT_EQ(apply(context, edit(Kind::write, "sub", "x")), refused("sub", "cannot open it: Is a directory"));
  EXPECT_EQ(apply(context, edit(Kind::write, "other/x", "x")), refused("other/x", "cannot open it: Not a directory"));
}

} // namespace
} // namespace cacheproof::workspace
