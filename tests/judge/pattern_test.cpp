#include "judge/pattern.hpp"

#include <gtest/gtest.h>

namespace cacheproof::judge {
namespace {

bool finds(const std::string& pattern, const std::string& text) {
  return found(compile(pattern).value(), text);
}

TEST(Pattern, IsSearchedInEachLine) {
  EXPECT_TRUE(finds("^second$", "first\nsecond\r\nthird"));
  EXPECT_FALSE(finds("first.second", "first\nsecond"));
  EXPECT_FALSE(finds("x", ""));
}

TEST(Pattern, SurvivesALineThatWouldOverflowTheStack) {
  EXPECT_FALSE(finds("^(a|b)*c", std::string(1'000'000, 'a')));
}

TEST(Pattern, IsFoundAnywhereInALongLine) {
  for (const std::size_t before : {0, 1, 480, 499, 500, 501, 990, 999, 1000, 1001, 1490, 5000}) {
    const auto line = std::string(before, '-') + "exit code: 1" + std::string(3000, '-');
    EXPECT_TRUE(finds("exit code: 1", line)) << before;
    EXPECT_TRUE(finds("exit code: 1$", std::string(before, '-') + "exit code: 1")) << before;
  }
}

TEST(Pattern, AnchorsMeanTheLineNotAPieceOfIt) {
  for (const std::size_t before : {500, 1000, 1500}) {
    const auto line = std::string(before, '-') + "exit" + std::string(1996 - before, '-');
    EXPECT_FALSE(finds("^exit", line)) << before;
    EXPECT_FALSE(finds("exit$", std::string(before - 4, '-') + "exit" + std::string(2000, '-'))) << before;
  }
  EXPECT_FALSE(finds("\\bcode", std::string(500, 'x') + "code" + std::string(2000, '-'))) << "a word goes on";
}

TEST(Pattern, ThatIsNoneDoesNotThrow) {
  EXPECT_FALSE(compile("(unclosed"));
  EXPECT_FALSE(compile("[b-a]"));
  EXPECT_TRUE(compile("exit code: [0-9]+"));
}

} // namespace
} // namespace cacheproof::judge
