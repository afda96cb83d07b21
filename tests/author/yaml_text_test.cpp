#include "author/yaml_text.hpp"
#include "scenario/yaml.hpp"

#include <gtest/gtest.h>

namespace cacheproof::author {
namespace {

using scenario::Node;

Node parse(const std::string& text) {
  return scenario::parse_yaml(text).value();
}

/// The text with another value for its top-level entry of that number.
std::string replaced(const std::string& text, std::size_t entry, const std::string& value) {
  YamlText yaml(text);
  const auto root = parse(text);
  EXPECT_TRUE(yaml.replace(root, entry, value));
  return yaml.text();
}

std::string removed(const std::string& text, const std::vector<std::size_t>& entries, bool add = false) {
  YamlText yaml(text);
  const auto root = parse(text);
  for (const auto entry : entries) EXPECT_TRUE(yaml.remove(root, entry));
  if (add) {
    EXPECT_TRUE(yaml.add(root, "x", "1"));
    EXPECT_TRUE(yaml.add(root, "y", "2"));
  }
  return yaml.text();
}

TEST(YamlText, ReplacesAValueInFlowForm) {
  EXPECT_EQ(replaced("{a: none, b: [x, 'it''s'], c: 1}", 0, "[q]"), "{a: [q], b: [x, 'it''s'], c: 1}");
  EXPECT_EQ(replaced("{a: none, b: [x, '],'], c: 1}", 1, "all"), "{a: none, b: all, c: 1}");
  EXPECT_EQ(replaced("{a: don't}", 0, "all"), "{a: all}");
  EXPECT_EQ(replaced("{a: [x, # one\n  y], b: 1}\n", 0, "all"), "# one\n{a: all, b: 1}\n");
}

TEST(YamlText, ReplacesAValueInBlockForm) {
  EXPECT_EQ(replaced("a: none  # why\nb: 1\n", 0, "[q]"), "a: [q]  # why\nb: 1\n");
  EXPECT_EQ(replaced("a: \"x # y\" # why\nb: 1\n", 0, "[q]"), "a: [q] # why\nb: 1\n");
  EXPECT_EQ(replaced("a: [x,\n    y]  # why\nb: 1\n", 0, "all"), "a: all  # why\nb: 1\n");
  EXPECT_EQ(replaced("a:\n  - x\n  - y\n\n# b is next\nb: 1\n", 0, "all"), "a: all\n\n# b is next\nb: 1\n");
  EXPECT_EQ(replaced("a:\n- x\n- y\nb: 1", 0, "all"), "a: all\nb: 1");
  EXPECT_EQ(replaced("a:\nb: 1\n", 0, "all"), "a: all\nb: 1\n");
  EXPECT_EQ(replaced("a: ~\nb: 1\n", 0, "all"), "a: all\nb: 1\n");
  EXPECT_EQ(replaced("a: long\n  text\nb: 1\n", 0, "all"), "a: all\nb: 1\n");
  EXPECT_EQ(replaced("a: 1\r\nb: 2\r\n", 0, "all"), "a: all\r\nb: 2\r\n");
}

TEST(YamlText, LosesNoComment) {
  EXPECT_EQ(replaced("a: # the list\n  # of two\n  - x # one\n  - '# no comment'\nb: 1\n", 0, "all"),
            "# the list\n# of two\n# one\na: all\nb: 1\n");
  EXPECT_EQ(removed("a: 1\nb: 2 # why\nc: 3\n", {1}), "a: 1\n# why\nc: 3\n");
}

TEST(YamlText, RemovesEntries) {
  EXPECT_EQ(removed("a: 1\nb:\n  - 2\nc: 3\n", {1}), "a: 1\nc: 3\n");
  EXPECT_EQ(removed("a: 1\nb: 2", {1}), "a: 1\n");
  EXPECT_EQ(removed("{a: 1, b: 2, c: 3}", {0}), "{b: 2, c: 3}");
  EXPECT_EQ(removed("{a: 1, b: 2, c: 3}", {1}), "{a: 1, c: 3}");
  EXPECT_EQ(removed("{a: 1, b: 2, c: 3}", {2}), "{a: 1, b: 2}");
  EXPECT_EQ(removed("{a: 1, b: 2, c: 3}", {1, 2}), "{a: 1}");
  EXPECT_EQ(removed("{a: 1, b: 2, c: 3}", {0, 2}), "{b: 2}");
  EXPECT_EQ(removed("{a: 1, b: 2}", {0, 1}), "{}");
}

TEST(YamlText, AddsEntriesBehindTheLast) {
  EXPECT_EQ(removed("a: 1\nb: 2 # why\n\n# end\n", {}, true), "a: 1\nb: 2 # why\nx: 1\ny: 2\n\n# end\n");
  EXPECT_EQ(removed("a: 1", {}, true), "a: 1\nx: 1\ny: 2");
  EXPECT_EQ(removed("a: 1\r\n", {}, true), "a: 1\r\nx: 1\r\ny: 2\r\n");
  EXPECT_EQ(removed("a: 1\nb: 2\n# end\n", {1}, true), "a: 1\nx: 1\ny: 2\n# end\n");
  EXPECT_EQ(removed("a: 1\nb: 2", {0, 1}, true), "x: 1\ny: 2\n");
  EXPECT_EQ(removed("{}", {}, true), "{x: 1, y: 2}");
  EXPECT_EQ(removed("{a: 1, b: 2}", {}, true), "{a: 1, b: 2, x: 1, y: 2}");
  EXPECT_EQ(removed("{a: 1, b: 2}", {1}, true), "{a: 1, x: 1, y: 2}");
  EXPECT_EQ(removed("{a: 1, b: 2}", {0, 1}, true), "{x: 1, y: 2}");
}

TEST(YamlText, ALineOfATextThatLooksLikeACommentIsText) {
  EXPECT_EQ(removed("a:\n  - t: |\n      one\n      # two\n# three\n", {}, true),
            "a:\n  - t: |\n      one\n      # two\nx: 1\ny: 2\n# three\n");
}

TEST(YamlText, AnItemOfAListKeepsItsIndentation) {
  const std::string text = "rounds:\n  - name: first\n  - name: second\n    edit: []\n";
  YamlText yaml(text);
  const auto root = parse(text);
  for (const auto& round : root.value(0).children) EXPECT_TRUE(yaml.add(round, "expect", "{rebuilt: all}"));
  EXPECT_EQ(yaml.text(),
            "rounds:\n  - name: first\n    expect: {rebuilt: all}\n  - name: second\n    edit: []\n"
            "    expect: {rebuilt: all}\n");
}

TEST(YamlText, WhatStandsBehindAnAnchorOrAliasIsRefused) {
  const std::string text = "a: &x [1]\nb: *x\n";
  YamlText yaml(text);
  const auto root = parse(text);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto done = yaml.replace(root, i, "all");
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().what,
              "line " + std::to_string(i + 1)
                  + " has an anchor, an alias or a tag: a change there would change other places");
  }
  EXPECT_EQ(yaml.text(), text);
}

TEST(YamlText, KeepsTheByteOrderMark) {
  YamlText yaml("\xEF\xBB\xBF{a: 1}");
  const auto root = parse("{a: 1}");
  EXPECT_TRUE(yaml.replace(root, 0, "2"));
  EXPECT_EQ(yaml.text(), "\xEF\xBB\xBF{a: 2}");
}

TEST(YamlText, AWordIsReadBackAsItWas) {
  for (const std::string word :
       {"app 2-4", "16", "a: b", "null", "~", "..", "", "it's", "a\nb", "#", "[x", "<0.13", "mode=max"})
    EXPECT_EQ(parse("{k: " + yaml_word(word) + "}").value(0).text, word) << yaml_word(word);
  EXPECT_EQ(yaml_list({"app 2-4", "a: b"}), "[app 2-4, 'a: b']");
}

} // namespace
} // namespace cacheproof::author
