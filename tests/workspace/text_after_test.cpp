#include "workspace/context_fixture.hpp"
#include "workspace/texts.hpp"

#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace cacheproof::workspace {
namespace {

namespace fs = std::filesystem;
using scenario::Edit;
using Kind = Edit::Kind;

Edit edit(Kind kind, std::string path, std::string text = {}, std::string old = {}) {
  return {kind, std::move(path), std::move(text), std::move(old), {}, {"x.yaml", 7, 9}};
}

/// The text of `path` in the end, or the refusal.
std::string after_in(const scenario::InlineFiles& files, const std::vector<Edit>& edits, const std::string& path) {
  const auto result = text_after(edits, path, original(files).value());
  return result ? result->value_or("(not there)") : result.error().what;
}

/// In a context with that text at `path`, if any.
std::string after(const std::vector<Edit>& edits, const std::string& path, const std::optional<std::string>& text) {
  const auto at = fs::path(path).lexically_normal().string();
  return after_in(text ? scenario::InlineFiles{{at, *text, {}}} : scenario::InlineFiles{}, edits, path);
}

TEST(TextAfter, FollowsTheEditsOfOneFileInTurn) {
  EXPECT_EQ(after({}, "a", "1"), "1");
  EXPECT_EQ(after({}, "a", {}), "(not there)");
  EXPECT_EQ(after({edit(Kind::append, "a", "2"), edit(Kind::replace, "a", "x", "1")}, "a", "1"), "x2");
  EXPECT_EQ(after({edit(Kind::write, "a", "new")}, "a", {}), "new");
  EXPECT_EQ(after({edit(Kind::remove, "a")}, "a", "1"), "(not there)");
  EXPECT_EQ(after({edit(Kind::touch, "a")}, "a", "1"), "1");
}

TEST(TextAfter, IgnoresTheEditsOfOthers) {
  EXPECT_EQ(after({edit(Kind::write, "b", "2"), edit(Kind::remove, "a.d"), edit(Kind::write, "d/a", "3")}, "a", "1"),
            "1");
}

TEST(TextAfter, SeesAFolderTakeItsFilesAlong) {
  EXPECT_EQ(after({edit(Kind::remove, "d")}, "d/e/a", "1"), "(not there)");
  EXPECT_EQ(after({edit(Kind::remove, "d/e")}, "d/a", "1"), "1");
  EXPECT_EQ(after({edit(Kind::remove, "d")}, "dd/a", "1"), "1");
}

/// A context of `a`, `d/b` and `d/e/c`, each with its own name as text.
std::string after_moves(const std::vector<Edit>& edits, const std::string& path) {
  return after_in({{"a", "a", {}}, {"d/b", "d/b", {}}, {"d/e/c", "d/e/c", {}}}, edits, path);
}

Edit move(Kind kind, std::string from, std::string to) {
  auto change = edit(kind, std::move(from));
  change.to = std::move(to);
  return change;
}

TEST(TextAfter, FollowsFilesAndFoldersThatAreMovedCopiedAndLinked) {
  EXPECT_EQ(after_moves({move(Kind::rename, "a", "b")}, "b"), "a");
  EXPECT_EQ(after_moves({move(Kind::rename, "a", "b")}, "a"), "(not there)");
  EXPECT_EQ(after_moves({move(Kind::rename, "d", "x/y")}, "x/y/e/c"), "d/e/c");
  EXPECT_EQ(after_moves({move(Kind::rename, "d", "x")}, "d/b"), "(not there)");
  EXPECT_EQ(after_moves({move(Kind::copy, "d", "x"), edit(Kind::append, "x/b", "+")}, "x/b"), "d/b+");
  EXPECT_EQ(after_moves({move(Kind::copy, "d", "x"), edit(Kind::append, "x/b", "+")}, "d/b"), "d/b");
  EXPECT_EQ(after_moves({edit(Kind::append, "a", "+"), move(Kind::rename, "a", "b")}, "b"), "a+");
  EXPECT_EQ(after_moves({move(Kind::symlink, "d/l", "../a")}, "d/l"), "a");
  EXPECT_EQ(after_moves({move(Kind::symlink, "l", "d")}, "l/e/c"), "d/e/c");
  EXPECT_EQ(after_moves({move(Kind::hardlink, "l", "a")}, "l"), "a");
  EXPECT_EQ(after_moves({edit(Kind::chmod, "a"), edit(Kind::mkdir, "n")}, "a"), "a");
}

TEST(TextAfter, KnowsAPathInEverySpelling) {
  EXPECT_EQ(after({edit(Kind::append, "d/a", "2")}, "./d//a", "1"), "12");
}

TEST(TextAfter, SaysWhereAnEditDoesNotFit) {
  EXPECT_EQ(after({edit(Kind::replace, "a", "x", "2")}, "a", "1"),
            "x.yaml:7: the edit of a does not find its `old` text");
  EXPECT_EQ(after({edit(Kind::remove, "a"), edit(Kind::append, "a", "2")}, "a", "1"),
            "x.yaml:7: the edit of a finds no such file in the context");
  EXPECT_EQ(after({edit(Kind::write, "a", "1")}, "a", "1"), "x.yaml:7: the edit of a changes nothing");
}

TEST(TextAfter, FollowsLinksAsTheDiskDoes) {
  auto atomic = edit(Kind::append, "l", "+");
  atomic.atomic = true;
  const auto symlink = move(Kind::symlink, "l", "d/b");
  EXPECT_EQ(after_moves({symlink, edit(Kind::append, "l", "+")}, "d/b"), "d/b+");
  EXPECT_EQ(after_moves({symlink, atomic}, "d/b"), "d/b") << "the link itself is replaced";
  EXPECT_EQ(after_moves({symlink, atomic}, "l"), "d/b+");
  const auto hardlink = move(Kind::hardlink, "l", "d/b");
  EXPECT_EQ(after_moves({hardlink, edit(Kind::append, "l", "+")}, "d/b"), "d/b+");
  EXPECT_EQ(after_moves({hardlink, atomic}, "d/b"), "d/b");
  EXPECT_EQ(after_moves({hardlink, edit(Kind::remove, "d")}, "l"), "d/b");
  EXPECT_EQ(after_moves({move(Kind::symlink, "l", "d"), edit(Kind::write, "l/n", "new")}, "d/n"), "new");
  EXPECT_EQ(after_moves({move(Kind::symlink, "l", "m"), move(Kind::symlink, "m", "l")}, "l"), "(not there)");
  EXPECT_EQ(after_moves({move(Kind::symlink, "d/l", "../../a")}, "d/l"), "(not there)") << "it leads out";
}

TEST(TextAfter, KnowsTheLinksOfTheContext) {
  scenario::InlineFile twin{"twin", "a", {}};
  twin.kind = scenario::InlineFile::Kind::hardlink;
  scenario::InlineFile link{"d/link", "../a", {}};
  link.kind = scenario::InlineFile::Kind::symlink;
  const scenario::InlineFiles files{{"a", "1", {}}, twin, link};
  for (const auto* path : {"a", "twin", "d/link"})
    for (const auto* other : {"a", "twin", "d/link"})
      EXPECT_EQ(after_in(files, {edit(Kind::append, path, "2")}, other), "12") << path << " " << other;
  // A hard link outlives the name that the scenario links it to.
  auto atomic = edit(Kind::append, "a", "2");
  atomic.atomic = true;
  EXPECT_EQ(after_in(files, {edit(Kind::remove, "a")}, "twin"), "1");
  EXPECT_EQ(after_in(files, {move(Kind::rename, "a", "b"), edit(Kind::append, "b", "2")}, "twin"), "12");
  EXPECT_EQ(after_in(files, {atomic}, "twin"), "1");
}

TEST(TextAfter, FollowsPatches) {
  const auto patch = edit(Kind::patch,
                          "",
                          "diff --git a/a b/d/n\nsimilarity index 50%\nrename from a\nrename to d/n\n"
                          "--- a/a\n+++ b/d/n\n@@ -1 +1 @@\n-1\n+2\n"
                          "--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+3\n");
  const scenario::InlineFiles files{{"a", "1\n", {}}};
  EXPECT_EQ(after_in(files, {patch}, "a"), "(not there)");
  EXPECT_EQ(after_in(files, {patch}, "d/n"), "2\n");
  EXPECT_EQ(after_in(files, {patch, edit(Kind::append, "new", "4")}, "new"), "3\n4");
  EXPECT_EQ(after_in({{"a", "2\n", {}}}, {patch}, "b"),
            "x.yaml:7: the patch does not apply: hunk 1 of d/n (@@ -1,1 +1,1 @@) does not fit");
}

/// Edits of few files with few letters, so that they meet each other often.
class RandomEdits {
public:
  explicit RandomEdits(unsigned seed)
      : random_(seed) {}
  static const std::vector<std::string>& paths() {
    static const std::vector<std::string> all{"a", "d/b", "d/e/c", "f", "d/l"};
    return all;
  }
  std::string text() {
    std::string made;
    for (auto size = below(4); size > 0; --size) made += static_cast<char>('x' + below(3));
    return made;
  }
  /// `now`: the texts as they are, for patches that fit.
  Edit next(const std::map<std::string, std::string>& now) {
    static const std::vector<std::string> folders{"d", "d/e"};
    static const std::vector<std::string> targets{"a", "../a", "e", "e/c", "b", "../f", "d", "d/l", "l"};
    static const std::vector<Kind> kinds{Kind::write,
                                         Kind::append,
                                         Kind::replace,
                                         Kind::remove,
                                         Kind::touch,
                                         Kind::rename,
                                         Kind::copy,
                                         Kind::mkdir,
                                         Kind::symlink,
                                         Kind::hardlink,
                                         Kind::chmod,
                                         Kind::patch};
    const auto kind = kinds[below(kinds.size())];
    auto path = paths()[below(paths().size())];
    if (kind == Kind::rename || kind == Kind::copy || kind == Kind::hardlink)
      return move(kind, std::move(path), paths()[below(paths().size())]);
    if (kind == Kind::symlink) return move(kind, std::move(path), targets[below(targets.size())]);
    if (kind == Kind::remove && below(3) == 0) path = folders[below(folders.size())];
    if (kind == Kind::patch) return edit(kind, "", patch(path, now) + (below(3) == 0 ? patch("f", now) : ""));
    auto made = edit(kind, std::move(path), text(), text());
    made.atomic = below(3) == 0;
    made.keep_size = below(5) == 0;
    if (kind == Kind::chmod) made.mode = 0600;
    return made;
  }
  std::size_t below(std::size_t end) { return random_() % end; }

private:
  static std::string side(char sign, const std::string& text) {
    return text.empty() ? "" : sign + text + "\n\\ No newline at end of file\n";
  }
  std::string patch(const std::string& path, const std::map<std::string, std::string>& now) {
    const auto found = now.find(path);
    const auto old = below(8) == 0 || found == now.end() ? text() : found->second;
    const auto made = text();
    const bool added = found == now.end();
    const bool removed = !added && below(4) == 0;
    return "--- " + (added ? "/dev/null" : "a/" + path) + "\n+++ " + (removed ? "/dev/null" : "b/" + path) + "\n@@ -"
           + (added || old.empty() ? "0,0" : "1") + " +" + (removed || made.empty() ? "0,0" : "1") + " @@\n"
           + side('-', added ? "" : old) + side('+', removed ? "" : made);
  }

  std::mt19937 random_;
};

class TextAfterOnDisk : public ContextFixture {
protected:
  std::map<std::string, std::string> texts() const {
    std::map<std::string, std::string> all;
    for (const auto& path : RandomEdits::paths())
      if (const auto text = util::read_text(ours(path))) all[path] = *text;
    return all;
  }
};

TEST_F(TextAfterOnDisk, IsWhatTheEditsDo) {
  std::map<Kind, int> applied;
  int refused = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE(seed);
    RandomEdits random(seed);
    scenario::InlineFiles files;
    for (const auto& path : RandomEdits::paths())
      if (random.below(4) > 0) files.push_back({path, random.text(), {}});
    auto context = made(files);
    std::vector<Edit> edits;
    for (int i = 0; i < 8; ++i) {
      const auto change = random.next(texts());
      const auto done = context.apply(std::vector{change});
      edits.push_back(change);
      for (const auto& path : RandomEdits::paths()) {
        const auto expected = text_after(edits, path, original(files).value());
        // What it refuses is refused on disk, in the same words but where it does not know what is in the way of a
        // file: a folder, a dangling link.
        if (!expected) {
          ASSERT_FALSE(done) << expected.error().what;
          if (expected.error().what.find("no such file") == std::string::npos) {
            EXPECT_EQ(done.error().what, expected.error().what);
          }
        } else if (done) {
          EXPECT_EQ(content(ours(path)), expected->value_or("(not there)"))
              << path << " after edit " << i << " " << change.text;
        }
      }
      if (HasFailure()) return;
      if (!done) edits.pop_back();
      ++(done ? applied[change.kind] : refused);
    }
    fs::remove_all(ours());
  }
  for (const auto& [kind, times] : applied) EXPECT_GT(times, 10) << static_cast<int>(kind);
  EXPECT_EQ(applied.size(), 12u);
  EXPECT_GT(refused, 100);
}

} // namespace
} // namespace cacheproof::workspace
