#include "util/version_range.hpp"

#include <gtest/gtest.h>

namespace cacheproof::util {
namespace {

bool in(const char* range, const char* version) {
  const auto parsed = VersionRange::parse(range);
  EXPECT_TRUE(parsed) << range;
  return parsed && parsed->contains(Version::parse(version).value());
}

TEST(VersionRange, HoldsWhereEveryComparisonHolds) {
  EXPECT_TRUE(in(">=0.28 <0.35", "v0.28.0"));
  EXPECT_TRUE(in(">=0.28 <0.35", "v0.34.9"));
  EXPECT_FALSE(in(">=0.28 <0.35", "v0.35.0"));
  EXPECT_FALSE(in(">=0.28 <0.35", "v0.27.1"));
  EXPECT_TRUE(in("  >v0.28.0   <=0.35 ", "v0.35.0"));
  EXPECT_FALSE(in(">0.28", "v0.28.0"));
  EXPECT_TRUE(in("=0.17.3", "v0.17.3"));
  EXPECT_FALSE(in("=0.17", "v0.17.3"));
  EXPECT_FALSE(in("<0.2 >0.3", "v0.25.0"));
}

TEST(VersionRange, HasPreReleasesOnlyWhenAsked) {
  EXPECT_FALSE(in("<0.35", "v0.35.0-rc1"));
  EXPECT_FALSE(in(">=0.28", "v0.35.0-rc1"));
  EXPECT_TRUE(in(">=0.35.0-rc1", "v0.35.0-rc2"));
  EXPECT_FALSE(in(">=0.35.0-rc1", "v0.36.0-rc1")) << "another release's";
  EXPECT_TRUE(in(">=0.35.0-rc1", "v0.36.0"));
}

TEST(VersionRange, RefusesWhatIsNoRange) {
  for (const auto* text : {"", "  ", "0.28", ">=", ">=x", "=>0.28", "~0.28", ">=0.28,<0.35", "> 0.28"}) {
    const auto parsed = VersionRange::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().blame, Blame::usage);
    EXPECT_NE(parsed.error().remedy, "");
  }
  EXPECT_TRUE(VersionRange::looks_like("<0.35"));
  EXPECT_FALSE(VersionRange::looks_like("v0.35.0"));
}

} // namespace
} // namespace cacheproof::util
