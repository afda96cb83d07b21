#include "engine/shard.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

namespace cacheproof::engine {
namespace {

using Placed = std::map<std::string, std::size_t>;

Case named(const std::string& id) {
  Case one;
  one.id = id;
  return one;
}

/// The shard of every case. A case in none or in two is a failure.
Placed place(const std::vector<Case>& cases, std::size_t count, const Durations& durations) {
  Placed placed;
  for (std::size_t i = 1; i <= count; ++i)
    for (const auto& one : of_shard(cases, {i, count}, durations))
      EXPECT_TRUE(placed.emplace(one.id, i).second) << one.id << " is in two shards";
  EXPECT_EQ(placed.size(), cases.size()) << "a case was lost";
  return placed;
}

TEST(Shard, IsWrittenAsPartOfAWhole) {
  EXPECT_EQ(parse_shard("2/3")->number, 2U);
  EXPECT_EQ(parse_shard("2/3")->of, 3U);
  for (const auto* text :
       {"", "2", "0/3", "4/3", "/3", "2/", "2/3/4", "-1/3", "a/b", "1/0", "1/257", "1/1000000000000000000"})
    EXPECT_FALSE(parse_shard(text)) << text;
  EXPECT_EQ(parse_shard("4/3").error().what, "--shard=4/3 is no part of a run");
}

// Whatever the cases and what is known of them: none is lost or played twice, the order does not matter, no shard has
// more than its part and one case, and a new scenario moves none.
TEST(Shard, Property) {
  std::mt19937 random(7); // the same every time: a failure can be looked at
  for (int turn = 0; turn < 300; ++turn) {
    const auto below = [&](std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit)(random); };
    const auto count = 1 + below(6);
    std::vector<Case> cases;
    Durations durations;
    for (std::size_t i = 0, size = below(60); i < size; ++i) {
      cases.push_back(named(fmt::format("family/{}{}@v0.{}.0", i, below(1) ? "[a=b@c]" : "", below(3))));
      if (below(4)) durations[cases.back().id] = static_cast<evidence::Nanoseconds>(below(1000));
    }
    const auto placed = place(cases, count, durations);
    std::vector<evidence::Nanoseconds> loads(count);
    evidence::Nanoseconds longest = 0;
    for (const auto& [id, length] : durations) {
      loads[placed.at(id) - 1] += length;
      longest = std::max(longest, length);
    }
    const auto sum = std::accumulate(loads.begin(), loads.end(), evidence::Nanoseconds(0));
    EXPECT_LE(*std::max_element(loads.begin(), loads.end()), sum / static_cast<evidence::Nanoseconds>(count) + longest);
    auto other_order = cases;
    std::shuffle(other_order.begin(), other_order.end(), random);
    EXPECT_EQ(place(other_order, count, durations), placed);
    cases.insert(cases.begin(), named("added/one@v0.1.0"));
    auto with_one_more = place(cases, count, durations);
    with_one_more.erase("added/one@v0.1.0");
    EXPECT_EQ(with_one_more, placed);
  }
}

TEST(Shard, TakesACaseForAsLongAsItsLikeOnAnotherVersion) {
  const Durations durations{{"a/x[m=1]@v1.0.0", 100}, {"a/y@v1.0.0", 60}, {"a/z@v1.0.0", 50}, {"a/yy@v1.0.0", 9000}};
  const auto placed =
      place({named("a/x[m=1]@v2.0.0+buildx@v3.0.0"), named("a/y@v2.0.0"), named("a/z@v2.0.0")}, 2, durations);
  EXPECT_EQ(placed.at("a/y@v2.0.0"), placed.at("a/z@v2.0.0"));
  EXPECT_NE(placed.at("a/y@v2.0.0"), placed.at("a/x[m=1]@v2.0.0+buildx@v3.0.0"));
}

TEST(Shard, KeepsTheOrderOfItsCases) {
  const auto one = of_shard({named("b@v1"), named("a@v1"), named("c@v1")}, {1, 1}, {{"c@v1", 9}, {"a@v1", 1}});
  ASSERT_EQ(one.size(), 3U);
  EXPECT_EQ(one[0].id + one[1].id + one[2].id, "b@v1a@v1c@v1");
}

} // namespace
} // namespace cacheproof::engine
