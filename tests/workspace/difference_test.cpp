#include "workspace/difference.hpp"

#include <gtest/gtest.h>

#include <string>

namespace cacheproof::workspace {
namespace {

std::string difference(std::string_view before, std::string_view after) {
  const auto text = unified_difference(before, after, "a b.yaml", "a b.yaml (accepted)");
  return text ? *text : util::to_text(text.error());
}

TEST(Difference, IsUnified) {
  EXPECT_EQ(difference("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n10"),
            R"(--- a b.yaml
+++ a b.yaml (accepted)
@@ -2,8 +2,9 @@
 2
 3
 4
-5
+five
 6
 7
 8
 9
+10
\ No newline at end of file
)");
}

TEST(Difference, NamesNoFunctionAroundAHunk) {
  EXPECT_EQ(difference("title: x\n1\n2\n3\n4\n", "title: x\n1\n2\n3\n5\n"),
            "--- a b.yaml\n+++ a b.yaml (accepted)\n@@ -2,4 +2,4 @@\n 1\n 2\n 3\n-4\n+5\n");
}

TEST(Difference, OfTextsThatAreNoUtf8IsOneToo) {
  using namespace std::string_literals;
  EXPECT_EQ(difference("\xff\0\n"s, "a\n"), "--- a b.yaml\n+++ a b.yaml (accepted)\n@@ -1 +1 @@\n-\xff\0\n+a\n"s);
}

TEST(Difference, OfEqualTextsIsNothing) {
  EXPECT_EQ(difference("a\n", "a\n"), "");
  EXPECT_EQ(difference("", ""), "");
}

} // namespace
} // namespace cacheproof::workspace
