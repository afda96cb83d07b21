#include "util/bytes.hpp"

#include <gtest/gtest.h>

namespace cacheproof::util {
namespace {

TEST(Bytes, ReadsNumbersWithDecimalUnits) {
  EXPECT_EQ(parse_bytes("4096"), 4096U);
  EXPECT_EQ(parse_bytes("2k"), 2'000U);
  EXPECT_EQ(parse_bytes("512M"), 512'000'000U);
  EXPECT_EQ(parse_bytes("1.5 GB"), 1'500'000'000U);
  EXPECT_EQ(parse_bytes("1T"), 1'000'000'000'000U);
  EXPECT_EQ(parse_bytes("0"), 0U);
  for (const auto* text : {"", "G", "five", "5X", "-1", "1.2.3", "5 GB more", "99999999999T"})
    EXPECT_FALSE(parse_bytes(text)) << text;
}

TEST(Bytes, AreWrittenForPeople) {
  EXPECT_EQ(bytes_text(0), "0 kB");
  EXPECT_EQ(bytes_text(12), "1 kB");
  EXPECT_EQ(bytes_text(80'123'456), "80 MB");
  EXPECT_EQ(bytes_text(1'540'000'000), "1.5 GB");
}

} // namespace
} // namespace cacheproof::util
