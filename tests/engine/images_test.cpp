#include "engine/images.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::engine {
namespace {

TEST(Pins, OfSeveralPlaysAreEqualWhereBothPulled) {
  std::vector<evidence::PinnedImage> all;
  EXPECT_TRUE(add_pins(all, {{"b", "sha256:1"}}));
  EXPECT_TRUE(add_pins(all, {{"a", "sha256:2"}, {"b", "sha256:1"}}));
  EXPECT_TRUE(add_pins(all, {})) << "it ended before it pulled anything";
  EXPECT_FALSE(add_pins(all, {{"b", "sha256:3"}, {"c", "sha256:4"}}));
  EXPECT_THAT(all,
              testing::ElementsAre(evidence::PinnedImage{"a", "sha256:2"},
                                   evidence::PinnedImage{"b", "sha256:1"},
                                   evidence::PinnedImage{"c", "sha256:4"}));
}

} // namespace
} // namespace cacheproof::engine
