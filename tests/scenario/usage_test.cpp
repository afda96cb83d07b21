#include "scenario/read.hpp"
#include "scenario/usage.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace cacheproof::scenario {
namespace {

namespace fs = std::filesystem;
using testing::UnorderedElementsAre;

const fs::path k_source = CACHEPROOF_SOURCE_DIR;

std::map<std::string, std::string> corpus() {
  std::map<std::string, std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator(k_source / "scenarios")) {
    if (entry.path().extension() != ".yaml") continue;
    if (const auto reading = read(entry.path()); reading.scenario)
      all[reading.scenario->id] = util::read_text(entry.path()).value();
  }
  return all;
}

TEST(Usage, KeysAreFoundWhereverTheyStand) {
  EXPECT_THAT(used_keys(R"(title: x
files: {Dockerfile: "FROM scratch\n", title: t}
matrix: {mode: [max, min]}
rounds:
  - edit: [{append: {path: a, text: b}}]
    expect:
      rebuilt: [{when: {mode: max, buildkit: "<1"}, steps: all}]
      exported: [{when: {mode: max}, layers: 3}, {when: {mode: min}, value: {of: a}}]
)"),
              UnorderedElementsAre(UsedKey("scenario", "title"),
                                   UsedKey("scenario", "files"),
                                   UsedKey("scenario", "matrix"),
                                   UsedKey("scenario", "rounds"),
                                   UsedKey("round", "edit"),
                                   UsedKey("round", "expect"),
                                   UsedKey("edit", "append"),
                                   UsedKey("append", "path"),
                                   UsedKey("append", "text"),
                                   UsedKey("expect", "rebuilt"),
                                   UsedKey("expect", "exported"),
                                   UsedKey("when", "buildkit"),
                                   UsedKey("exported", "layers"),
                                   UsedKey("exported", "of")));
  EXPECT_TRUE(used_keys("a: [").empty());
}

TEST(Usage, ARowNamesThreeScenariosAtMost) {
  const std::string text = "before\n<!-- usage -->\nold\n<!-- end -->\nafter\n";
  const auto made =
      with_usage(text, {{"a", "title: x"}, {"b", "title: x"}, {"c", "title: x"}, {"d", "title: x\nabout: x"}});
  EXPECT_TRUE(made.starts_with("before\n<!-- usage -->\n| table | key | used by |\n| --- | --- | --- |\n")) << made;
  EXPECT_TRUE(made.ends_with("|\n<!-- end -->\nafter\n")) << made;
  EXPECT_THAT(made, testing::HasSubstr("\n| scenario | `title` | `a`, `b`, `c`, … |\n"));
  EXPECT_THAT(made, testing::HasSubstr("\n| scenario | `about` | `d` |\n"));
  EXPECT_THAT(made, testing::HasSubstr("\n| scenario | `tags` | *none yet* |\n"));
  EXPECT_THAT(made, testing::HasSubstr("\n| expect | `traffic` | *not played yet* |\n"));
}

TEST(Usage, TheTableOfTheReadmeIsThatOfTheCorpus) {
  const auto readme = k_source / "scenarios/README.md";
  const auto text = util::read_text(readme).value();
  const auto made = with_usage(text, corpus());
  ASSERT_THAT(text, testing::HasSubstr("<!-- usage -->\n"));
  if (std::getenv("CACHEPROOF_ACCEPT")) {
    ASSERT_TRUE(util::write_text(readme, made));
    GTEST_SKIP() << "written: read the difference";
  }
  EXPECT_EQ(text, made) << "scenarios or keys have changed: write the table again with CACHEPROOF_ACCEPT=1";
  EXPECT_THAT(made, testing::Not(testing::HasSubstr("*none yet*"))) << "every key is used by some scenario";
}

} // namespace
} // namespace cacheproof::scenario
