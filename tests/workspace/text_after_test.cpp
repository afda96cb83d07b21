#include "workspace/context_fixture.hpp"
#include "workspace/edit.hpp"

#include <algorithm>
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
std::string after(const std::vector<Edit>& edits, const std::string& path, std::optional<std::string> text) {
  const auto result = text_after(
      edits, path, [&](const auto& asked) { return asked == fs::path(path).lexically_normal() ? text : std::nullopt; });
  return result ? result->value_or("(not there)") : result.error().what;
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
  EXPECT_EQ(after({edit(Kind::write, "b", "2"), edit(Kind::remove, "a.d"), edit(Kind::append, "d/a", "3")}, "a", "1"),
            "1");
}

TEST(TextAfter, SeesAFolderTakeItsFilesAlong) {
  EXPECT_EQ(after({edit(Kind::remove, "d")}, "d/e/a", "1"), "(not there)");
  EXPECT_EQ(after({edit(Kind::remove, "d/e")}, "d/a", "1"), "1");
  EXPECT_EQ(after({edit(Kind::remove, "d")}, "dd/a", "1"), "1");
}

/// A context of `a`, `d/b` and `d/e/c`, each with its own name as text.
std::string after_moves(const std::vector<Edit>& edits, const std::string& path) {
  const auto result = text_after(edits, path, [](const auto& asked) -> std::optional<std::string> {
    if (asked == "a" || asked == "d/b" || asked == "d/e/c") return asked;
    return std::nullopt;
  });
  return result ? result->value_or("(not there)") : result.error().what;
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

/// Edits of few files with few letters, so that they meet each other often.
class RandomEdits {
public:
  explicit RandomEdits(unsigned seed)
      : random_(seed) {}
  static const std::vector<std::string>& paths() {
    static const std::vector<std::string> all{"a", "d/b", "d/e/c", "f"};
    return all;
  }
  std::string text() {
    std::string made;
    for (auto size = below(4); size > 0; --size) made += static_cast<char>('x' + below(3));
    return made;
  }
  Edit next() {
    static const std::vector<std::string> folders{"d", "d/e"};
    static const std::vector<Kind> kinds{
        Kind::write, Kind::append, Kind::replace, Kind::remove, Kind::touch, Kind::rename, Kind::copy};
    const auto kind = kinds[below(kinds.size())];
    auto path = paths()[below(paths().size())];
    if (kind == Kind::rename || kind == Kind::copy) return move(kind, std::move(path), paths()[below(paths().size())]);
    if (kind == Kind::remove && below(3) == 0) path = folders[below(folders.size())];
    return edit(kind, std::move(path), text(), text());
  }
  std::size_t below(std::size_t end) { return random_() % end; }

private:
  std::mt19937 random_;
};

class TextAfterOnDisk : public ContextFixture {};

TEST_F(TextAfterOnDisk, IsWhatTheEditsDo) {
  int applied = 0;
  int refused = 0;
  for (unsigned seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE(seed);
    RandomEdits random(seed);
    std::vector<scenario::InlineFile> files;
    for (const auto& path : RandomEdits::paths())
      if (random.below(4) > 0) files.push_back({path, random.text(), {}});
    auto context = made(files);
    std::vector<Edit> edits;
    for (int i = 0; i < 8; ++i) {
      const auto change = random.next();
      const auto done = context.apply(std::vector{change});
      auto planned = edits;
      planned.push_back(change);
      for (const auto& path : RandomEdits::paths()) {
        const auto expected = text_after(planned, path, [&](const auto& asked) {
          const auto file =
              std::find_if(files.begin(), files.end(), [&](const auto& each) { return each.path == asked; });
          return file == files.end() ? std::nullopt : std::optional(file->text);
        });
        // What it refuses is refused on disk in the same words; a missing file or folder it may not know of.
        if (!expected) {
          ASSERT_FALSE(done);
          EXPECT_EQ(done.error(), expected.error());
        } else if (done || (change.kind != Kind::rename && change.kind != Kind::copy)) {
          EXPECT_EQ(content(ours(path)), expected->value_or("(not there)")) << path << " after edit " << i;
        }
      }
      if (done) edits = planned;
      ++(done ? applied : refused);
    }
    fs::remove_all(ours());
  }
  EXPECT_GT(applied, 100);
  EXPECT_GT(refused, 100);
}

} // namespace
} // namespace cacheproof::workspace
