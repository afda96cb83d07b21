#include "util/text.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace cacheproof::util {
namespace {

using Strings = std::vector<std::string>;

TEST(Text, SplitsAndJoins) {
  EXPECT_EQ(split("a,b,,c", ','), (Strings{"a", "b", "", "c"}));
  EXPECT_EQ(split("", ','), (Strings{""}));
  EXPECT_EQ(join({"a", "b"}, ", "), "a, b");
  EXPECT_EQ(join({}, ", "), "");
}

TEST(Text, LinesLoseTheirEnds) {
  EXPECT_EQ(lines("a\r\nb\n\nc"), (Strings{"a", "b", "", "c"}));
  EXPECT_EQ(lines("a\n"), (Strings{"a"}));
  EXPECT_EQ(lines(""), Strings{});
}

TEST(Text, TrimsBlanksOfEveryKind) {
  EXPECT_EQ(trim(" \t a b \r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
}

TEST(Text, NearestIsNearOrNothing) {
  const Strings keys = {"rebuilt", "cached", "unneeded", "mode"};
  EXPECT_EQ(nearest("rebuild", keys), "rebuilt");
  EXPECT_EQ(nearest("mod", keys), "mode");
  EXPECT_EQ(nearest("Cached", keys), "cached");
  EXPECT_EQ(nearest("exported", keys), std::nullopt);
  EXPECT_EQ(nearest("", keys), std::nullopt);
}

TEST(Text, EditDistanceCountsInsertionsDeletionsAndSubstitutions) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("same", "same"), 0U);
}

TEST(Text, GlobMatchesTheWholeText) {
  EXPECT_TRUE(glob_match("RUN npm ci*", "RUN npm ci --omit=dev"));
  EXPECT_FALSE(glob_match("npm ci*", "RUN npm ci"));
  EXPECT_TRUE(glob_match("a*b*c", "a-b-b-c"));
  EXPECT_FALSE(glob_match("a*b*c", "a-b-b-c-"));
  EXPECT_TRUE(glob_match("?", "x"));
  EXPECT_FALSE(glob_match("?", ""));
  EXPECT_TRUE(glob_match("**", ""));
}

TEST(Text, GlobWithManyStarsEndsSoon) {
  EXPECT_FALSE(glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*b", std::string(5000, 'a')));
}

TEST(Text, TellsUtf8FromOtherBytes) {
  EXPECT_TRUE(is_utf8("gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80"));
  size_t where = 0;
  EXPECT_FALSE(is_utf8("ab\xFF", &where));
  EXPECT_EQ(where, 2U);
  EXPECT_FALSE(is_utf8("\xC0\x80"));         // over-long
  EXPECT_FALSE(is_utf8("\xED\xA0\x80"));     // a surrogate
  EXPECT_FALSE(is_utf8("\xF4\x90\x80\x80")); // past U+10FFFF
  EXPECT_FALSE(is_utf8("\xE2\x82"));         // cut off
  EXPECT_EQ(to_utf8("a\xFF\xC3\xBC"), "a\xEF\xBF\xBD\xC3\xBC");
}

TEST(Numbers, AreTheWholeTextOrNothing) {
  EXPECT_EQ(parse_number<int>("42"), 42);
  EXPECT_EQ(parse_number<unsigned>("644", 8), 0644U);
  EXPECT_EQ(parse_number<std::uint64_t>("18446744073709551615"), UINT64_MAX);
  for (const auto* text : {"", " 1", "1 ", "+1", "0x1", "1.0", "one", "99999999999"})
    EXPECT_EQ(parse_number<int>(text), std::nullopt) << text;
  EXPECT_EQ(parse_number<unsigned>("888", 8), std::nullopt);
  EXPECT_EQ(parse_number<unsigned>("-1"), std::nullopt);
}

} // namespace
} // namespace cacheproof::util
