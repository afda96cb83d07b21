#include "util/platform.hpp"

#include <gtest/gtest.h>

namespace cacheproof::util {
namespace {

TEST(Platforms, AreNormalAsBuildKitPrintsThem) {
  EXPECT_EQ(normal_platform("linux/amd64"), "linux/amd64");
  EXPECT_EQ(normal_platform("Linux/AMD64/v1"), "linux/amd64");
  EXPECT_EQ(normal_platform("linux/amd64/v3"), "linux/amd64/v3");
  EXPECT_EQ(normal_platform("linux/x86_64"), "linux/amd64");
  EXPECT_EQ(normal_platform("arm64"), "linux/arm64");
  EXPECT_EQ(normal_platform("linux/aarch64/8"), "linux/arm64");
  EXPECT_EQ(normal_platform("linux/arm64/v9"), "linux/arm64/v9");
  EXPECT_EQ(normal_platform("linux/arm"), "linux/arm/v7");
  EXPECT_EQ(normal_platform("linux/armel"), "linux/arm/v6");
  EXPECT_EQ(normal_platform("linux/armhf"), "linux/arm/v7");
  EXPECT_EQ(normal_platform("windows/i386"), "windows/386");
}

TEST(Platforms, StayWhatTheyAreWhereTheyAreNone) {
  EXPECT_EQ(normal_platform("A/b/c/d"), "A/b/c/d");
}

} // namespace
} // namespace cacheproof::util
