#include "util/csv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::util {
namespace {

using testing::ElementsAre;

TEST(Csv, IsReadAsGoReadsIt) {
  EXPECT_THAT(csv_fields("a=1,b").value(), ElementsAre("a=1", "b"));
  EXPECT_THAT(csv_fields("\"a=1,2\",\"say \"\"x\"\"\"").value(), ElementsAre("a=1,2", "say \"x\""));
  EXPECT_THAT(csv_fields("").value(), ElementsAre(""));
  EXPECT_THAT(csv_fields("a=\"1,b").value(), ElementsAre("a=\"1", "b")) << "only a field's first sign opens a quote";
  EXPECT_FALSE(csv_fields("\"open,a"));
}

TEST(Csv, IsWrittenSoThatItReadsTheSame) {
  EXPECT_EQ(csv_line({"a", "b=1,2", "say \"x\""}), "a,\"b=1,2\",\"say \"\"x\"\"\"");
  EXPECT_THAT(csv_fields(csv_line({"a", "b=1,2", "say \"x\""})).value(), ElementsAre("a", "b=1,2", "say \"x\""));
}

} // namespace
} // namespace cacheproof::util
