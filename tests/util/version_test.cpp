#include "util/version.hpp"

#include <gtest/gtest.h>

namespace cacheproof::util {
namespace {

TEST(Versions, OrderAsSemanticVersioningSays) {
  // The example of section 11.4.4, and releases around it.
  const std::vector<std::string> ascending = {"0.9.9",
                                              "0.11.6",
                                              "1.0.0-alpha",
                                              "1.0.0-alpha.1",
                                              "1.0.0-alpha.beta",
                                              "1.0.0-beta",
                                              "1.0.0-beta.2",
                                              "1.0.0-beta.11",
                                              "1.0.0-rc.1",
                                              "1.0.0",
                                              "1.0.1",
                                              "1.2",
                                              "1.10"};
  for (size_t i = 0; i < ascending.size(); ++i)
    for (size_t j = 0; j < ascending.size(); ++j)
      EXPECT_EQ(*Version::parse(ascending[i]) <=> *Version::parse(ascending[j]), i <=> j)
          << ascending[i] << " " << ascending[j];
}

TEST(Versions, ReadWithAndWithoutV) {
  EXPECT_EQ(Version::parse("v0.34.2"), Version::parse("0.34.2"));
  EXPECT_EQ(Version::parse("20.10")->to_text(), "v20.10.0");
  EXPECT_EQ(Version::parse("v27.0.0-rc.1")->to_text(), "v27.0.0-rc.1");
  EXPECT_EQ(Version::parse("v1.2.3+build")->to_text(), "v1.2.3") << "build metadata does not order (section 10)";
}

TEST(Versions, RefuseWhatIsNone) {
  for (const char* text : {"", "v", "1.2.3.4", "1.x", "1..2", "-1", "1.2.3-", "1.2.3-a_b", "latest", "99999999999"})
    EXPECT_EQ(Version::parse(text), std::nullopt) << text;
}

} // namespace
} // namespace cacheproof::util
