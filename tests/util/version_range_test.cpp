#include "util/version_range.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>
#include <vector>

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

/// A version by its numbers; `rc` 0 is the release, which comes after its candidates (semantic versioning 2.0.0, 11).
struct Model {
  int major = 0;
  int minor = 0;
  int patch = 0;
  int rc = 0;

  auto release() const { return std::tuple(major, minor, patch); }
  auto order() const { return std::tuple(major, minor, patch, rc == 0 ? 100 : rc); }
  std::string text() const {
    return fmt::format("{}.{}.{}", major, minor, patch) + (rc == 0 ? "" : fmt::format("-rc.{}", rc));
  }
};

bool holds(const std::string& sign, const Model& version, const Model& than) {
  if (sign == "=") return version.order() == than.order();
  if (sign == "<") return version.order() < than.order();
  if (sign == "<=") return version.order() <= than.order();
  return sign == ">" ? version.order() > than.order() : version.order() >= than.order();
}

TEST(VersionRange, HoldsExactlyWhereItsComparisonsDo) {
  std::mt19937 random(4817); // NOLINT: the same every time
  const auto below = [&](unsigned limit) { return static_cast<int>(random() % limit); };
  // Up to rc.11: numbers of their own are compared as numbers, "rc11" would be text.
  const auto version = [&] { return Model{below(2), below(3), below(3), below(2) * below(12)}; };
  const std::vector<std::string> signs{"=", "<", "<=", ">", ">="};
  int inside = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto asked = version();
    std::string range;
    bool all = true;
    bool names_candidate = asked.rc == 0;
    for (int count = 1 + below(3); count > 0; --count) {
      const auto& sign = signs[random() % signs.size()];
      const auto than = version();
      range += sign + than.text() + " ";
      all = all && holds(sign, asked, than);
      names_candidate = names_candidate || (than.rc != 0 && than.release() == asked.release());
    }
    ASSERT_EQ(in(range.c_str(), asked.text().c_str()), all && names_candidate) << range << "and " << asked.text();
    inside += all && names_candidate ? 1 : 0;
  }
  EXPECT_GT(inside, 1000);
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
