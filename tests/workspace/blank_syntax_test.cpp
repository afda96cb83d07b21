#include "dockerfile/dockerfile.hpp"
#include "workspace/context_fixture.hpp"

#include <string>

namespace cacheproof::workspace {
namespace {

namespace fs = std::filesystem;
constexpr std::int64_t k_long_ago = 1'234'567'890'123'456'789;

class SyntaxLine : public ContextFixture {
protected:
  /// The Dockerfile after its line `line` was blanked.
  std::string blanked(const std::string& text, int line) {
    put(users("Dockerfile"), text);
    age(users("Dockerfile"), k_long_ago);
    chmod(users("Dockerfile").c_str(), 0640);
    auto context = copied();
    const auto before = facts(ours("Dockerfile"));
    const auto status = context.blank_syntax("Dockerfile", line);
    EXPECT_TRUE(status) << util::to_text(status.error());
    const auto after = facts(ours("Dockerfile"));
    EXPECT_EQ(after.st_size, before.st_size);
    EXPECT_EQ(after.st_ino, before.st_ino);
    EXPECT_EQ(after.st_mode, before.st_mode);
    EXPECT_EQ(mtime(ours("Dockerfile")), k_long_ago);
    auto result = content(ours("Dockerfile"));
    fs::remove_all(ours());
    return result;
  }
};

TEST_F(SyntaxLine, BecomesBlanksOfItsLength) {
  EXPECT_EQ(blanked("# syntax=a/b:1\nFROM scratch\nCOPY a b\n", 1), "              \nFROM scratch\nCOPY a b\n");
  EXPECT_EQ(blanked("# syntax=a\r\nFROM scratch\r\n", 1), "           \nFROM scratch\r\n");
  EXPECT_EQ(blanked("# syntax=a", 1), "          ");
}

TEST_F(SyntaxLine, IsTheOnlyOneThatChanges) {
  EXPECT_EQ(blanked("# escape=`\n# syntax=a\n# a comment\n# syntax=b\nFROM x\n", 2),
            "# escape=`\n          \n# a comment\n# syntax=b\nFROM x\n");
}

TEST_F(SyntaxLine, StandsBehindTheDirectivesThatFollow) {
  const auto text = blanked("# syntax=a\n# escape=`\n#check=skip=all\nFROM x\nRUN a `\n  b\n", 1);
  EXPECT_EQ(text, "# escape=`\n#check=skip=all\n          \nFROM x\nRUN a `\n  b\n");
  const auto read = dockerfile::read(text, "Dockerfile");
  ASSERT_TRUE(read.file);
  EXPECT_EQ(read.file->syntax.line, 0);
  ASSERT_EQ(read.file->stages.at(0).instructions.size(), 2U);
  EXPECT_EQ(read.file->stages[0].instructions[1].first_line, 5);
  EXPECT_EQ(read.file->stages[0].instructions[1].last_line, 6);
}

TEST_F(SyntaxLine, ThatIsMissingIsAnError) {
  put(users("Dockerfile"), "FROM x\n");
  auto context = copied();
  EXPECT_EQ(context.blank_syntax("Dockerfile", 9).error().what, "Dockerfile has no line 9");
  EXPECT_EQ(context.blank_syntax("Nofile", 1).error().what,
            "cannot change " + ours("Nofile").string() + ": No such file or directory");
}

TEST_F(SyntaxLine, OfAFileOutsideIsLeftAlone) {
  put(outside("Dockerfile"), "# syntax=a\n");
  fs::create_directories(users());
  fs::create_symlink("../outside/Dockerfile", users("Dockerfile"));
  auto context = copied();
  EXPECT_FALSE(context.blank_syntax("Dockerfile", 1));
  EXPECT_EQ(content(outside("Dockerfile")), "# syntax=a\n");
}

} // namespace
} // namespace cacheproof::workspace
