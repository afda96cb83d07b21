#include "scenario/shape.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

// Every key of the language says how its value is written.
namespace cacheproof::scenario {
namespace {

constexpr const char* k_cure =
    "Say it in the key's declaration, behind its group: `…, false, {}, shape::text()}` (src/scenario/shape.hpp has all "
    "shapes). The JSON Schema and the tables of scenarios/README.md are made from it.";

void look_at(const Shape& shape, const std::string& where, bool played, std::set<std::string_view>& seen) {
  EXPECT_NE(shape.kind, Shape::Kind::none) << where << " has no shape. " << k_cure;
  EXPECT_FALSE(shape.kind == Shape::Kind::later && played)
      << where << " is played, but its shape is still `later`. " << k_cure;
  for (const auto& inner : shape.of) look_at(inner, where, played && inner.kind != Shape::Kind::later, seen);
  if (shape.kind != Shape::Kind::table || !seen.insert(shape.name).second) return;
  for (const auto& key : shape.keys()) {
    EXPECT_FALSE(key.doc.empty()) << key.name;
    look_at(*key.shape, std::string(shape.name) + "." + std::string(key.name), key.built, seen);
  }
}

TEST(Language, SaysOfEveryKeyHowItIsWritten) {
  std::set<std::string_view> seen;
  look_at(language(), "scenario", true, seen);
  EXPECT_TRUE(seen.contains("exported")) << "the walk reached the claims";
}

} // namespace
} // namespace cacheproof::scenario
