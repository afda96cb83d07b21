#include "util/base64.hpp"

#include <gtest/gtest.h>

namespace cacheproof::util {
namespace {

TEST(Base64, ReadsAndWritesTheVectorsOfTheRfc) {
  using Pair = std::pair<std::string, std::string>;
  for (const auto& [bytes, text] : {Pair{"", ""},
                                    {"f", "Zg=="},
                                    {"fo", "Zm8="},
                                    {"foo", "Zm9v"},
                                    {"foob", "Zm9vYg=="},
                                    {"fooba", "Zm9vYmE="},
                                    {"foobar", "Zm9vYmFy"}}) {
    EXPECT_EQ(base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
  const std::string all_ones = "\xff\xff\xff";
  EXPECT_EQ(base64(all_ones), "////");
}

TEST(Base64, RefusesWhatIsNoEncoding) {
  for (const auto* text : {"Zg", "Zg=", "Z===", "Zm9v\n", " Zm9", "Zm*v", "=Zm9", "Zg==Zg=="})
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
}

} // namespace
} // namespace cacheproof::util
