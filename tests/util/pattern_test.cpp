#include "util/pattern.hpp"

#include <gtest/gtest.h>

namespace cacheproof::util {
namespace {

bool finds(std::string_view pattern, std::string_view text) {
  return Pattern::compile(pattern).value().found(text);
}
std::string refusal(std::string_view pattern) {
  const auto compiled = Pattern::compile(pattern);
  return compiled ? "" : compiled.error();
}

TEST(Pattern, IsSearchedInEachLine) {
  EXPECT_TRUE(finds("^second$", "first\nsecond\r\nthird"));
  EXPECT_FALSE(finds("first.second", "first\nsecond"));
  EXPECT_FALSE(finds("x", ""));
}

TEST(Pattern, IsFoundAnywhereInALongLine) {
  const auto line = std::string(3'000'000, '-') + "exit code: 1";
  EXPECT_TRUE(finds("exit code: 1$", line));
  EXPECT_TRUE(finds("^-+exit", line)) << "a match may be as long as the line";
  EXPECT_FALSE(finds("^exit", line));
}

TEST(Pattern, NeitherOverflowsTheStackNorHangs) {
  EXPECT_FALSE(finds("^(a|b)*c", std::string(1'000'000, 'a')));
  EXPECT_FALSE(finds("^(a+)+$", std::string(100'000, 'a') + "!")) << "a search by backtracking would never end";
}

TEST(Pattern, MayMeetBytesThatAreNoText) {
  EXPECT_TRUE(finds("end$", "\xff\xfe end"));
  EXPECT_TRUE(finds("^.é$", "éé"));
}

TEST(Pattern, ThatIsNoneSaysWhy) {
  EXPECT_EQ(refusal("(unclosed"), "missing ): (unclosed");
  EXPECT_EQ(refusal("[b-a]"), "invalid character class range: b-a");
  EXPECT_EQ(refusal("((a{1000}){1000}){1000}"), "invalid repetition size: {1000}");
  EXPECT_EQ(refusal("exit code: [0-9]+"), "");
}

} // namespace
} // namespace cacheproof::util
