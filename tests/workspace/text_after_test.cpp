#include "workspace/context_fixture.hpp"
#include "workspace/edit.hpp"

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
  const auto result = text_after(edits, path, std::move(text));
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
    const auto kind = static_cast<Kind>(below(5));
    auto path = paths()[below(paths().size())];
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
        std::optional<std::string> text;
        for (const auto& file : files)
          if (file.path == path) text = file.text;
        const auto expected = text_after(planned, path, text);
        // What it refuses is refused on disk in the same words; a missing file or folder it may not know of.
        if (!expected) {
          ASSERT_FALSE(done);
          EXPECT_EQ(done.error(), expected.error());
        } else {
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
