#include "author/pin.hpp"

#include <gtest/gtest.h>

namespace cacheproof::author {
namespace {

const std::string k_text = R"(# What is played.
buildkit:
  default: v0.34.2 # the newest
  versions:
    # oldest line
    v0.11.6: {groups: [smoke, nightly], module: h1:old=}
    v0.34.2: {groups: [smoke, nightly], module: h1:new=} # of last week

buildx:
  default: v0.36.1
  versions:
    v0.36.1: {groups: [smoke, nightly], module: h1:x=}
    v0.38.2: {groups: [nightly], module: h1:y=}
docker:           # engines
  default: v28.5.2
  versions:
    v28.5.2: {groups: [nightly], buildkit: v0.25.2, module: h1:d=}
)";

std::string replaced(std::string text, const std::string& old, const std::string& with) {
  const auto at = text.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return text.replace(at, old.size(), with);
}

TEST(Pin, AddsAVersionInTheGroupsOfTheDefaultAndLeavesTheRest) {
  auto expected = replaced(k_text, "default: v0.34.2 #", "default: v0.35.0 #");
  expected = replaced(
      expected, "# of last week\n", "# of last week\n    v0.35.0: {groups: [smoke, nightly], module: h1:a+b/c=}\n");
  expected = replaced(expected, "default: v28.5.2", "default: v28.6.0");
  expected =
      replaced(expected,
               "module: h1:d=}\n",
               "module: h1:d=}\n    v28.6.0: {groups: [nightly], buildkit: v0.26.0, tag: v2.0.1, module: h1:e=}\n");
  EXPECT_EQ(
      *pin(k_text, {{"buildkit", "v0.35.0", "h1:a+b/c=", "", ""}, {"docker", "v28.6.0", "h1:e=", "v0.26.0", "v2.0.1"}}),
      expected);
}

TEST(Pin, OnlyMakesAListedVersionTheDefault) {
  auto expected = replaced(k_text, "default: v0.36.1", "default: v0.38.2");
  expected = replaced(expected, "v0.38.2: {groups: [nightly],", "v0.38.2: {groups: [smoke, nightly],");
  EXPECT_EQ(*pin(k_text, {{"buildx", "v0.38.2", "h1:other=", "", ""}}), expected);
}

TEST(Pin, OfAFileOfAnotherFormIsAnErrorWithItsLine) {
  const auto why = [](const std::string& text) {
    const auto pinned = pin(text, {{"buildkit", "v0.35.0", "h1:a=", "", ""}});
    return pinned ? "" : pinned.error().what;
  };
  EXPECT_EQ(why("buildx: {}\n"), "line 1: the file has no 'buildkit'");
  EXPECT_EQ(why(replaced(k_text, "default: v0.34.2", "defaults: v0.34.2")), "line 3: buildkit has no 'default'");
  EXPECT_EQ(why(replaced(k_text, "default: v0.34.2", "default: v0.34.1")), "line 6: buildkit has no 'v0.34.1'");
  EXPECT_EQ(why("buildkit: v0.34.2\n"), "line 1: buildkit has no 'default'");
  EXPECT_EQ(why(replaced(k_text, "{groups: [smoke, nightly], module: h1:new=}", "{}")),
            "line 7: v0.34.2 has no 'groups'");
  EXPECT_EQ(why("buildkit: {default: [\n").substr(0, 5), "line ");
}

} // namespace
} // namespace cacheproof::author
