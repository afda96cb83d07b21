#include "scenario/mistakes.hpp"
#include "scenario/read.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

namespace cacheproof::scenario {
namespace {

const std::filesystem::path k_corpus = std::filesystem::path(CACHEPROOF_SOURCE_DIR) / "scenarios";

std::string diagnostics(const Reading& reading) {
  std::string all;
  for (const auto& each : reading.diagnostics) all += util::to_text(each);
  return all;
}

TEST(Reader, ReadsTheFirstClaim) {
  const auto reading = read(k_corpus / "registry/asset_edit_rebuilds_one_stage.yaml");
  ASSERT_TRUE(reading.scenario) << diagnostics(reading);
  EXPECT_EQ(diagnostics(reading), "");
  const auto& scenario = *reading.scenario;
  EXPECT_EQ(scenario.id, "registry/asset_edit_rebuilds_one_stage");
  const auto all = cells(scenario);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(scenario.rounds[0].expect.exported->choose(all[1])->value.layers->number, 3U);
  EXPECT_EQ(scenario.rounds[1].expect.rebuilt->choose(all[0])->value.steps[0].text, "build-public 4-8");
}

TEST(Reader, ReadsTheWholeCorpus) {
  for (const auto* file : {"basics/source_edit_keeps_packages.yaml",
                           "registry/nothing_edited_is_all_cached.yaml",
                           "registry/typo_after_a_full_export.yaml"})
    EXPECT_EQ(diagnostics(read(k_corpus / file)), "") << file;
}

TEST(Reader, ADimensionMayHaveTheVersionsThatArePlayed) {
  const auto read_with = [](const std::string& alternatives) {
    return read_text("title: x\nfiles: {Dockerfile: FROM scratch}\nmatrix: {from: buildkit, mode: [a, b]}\n"
                     "setup: {builder: {ci: {buildkit: \"${from}\"}}}\nrounds:\n  - expect:\n      rebuilt:\n"
                         + alternatives,
                     "x.yaml");
  };
  const auto reading = read_with("        - {when: {from: [0.11.6, \">=0.13\"]}, steps: none}\n"
                                 "        - {when: {}, steps: all}\n");
  ASSERT_TRUE(reading.scenario) << diagnostics(reading);
  EXPECT_EQ(diagnostics(reading), "");
  EXPECT_TRUE(reading.scenario->matrix.at(0).second.empty());
  const auto& claim = *reading.scenario->rounds[0].expect.rebuilt;
  EXPECT_EQ(claim.choose({{"from", "v0.11.6"}})->value.kind, StepSet::Kind::none);
  EXPECT_EQ(claim.choose({{"from", "v0.12.5"}})->value.kind, StepSet::Kind::all);
  const auto says = [&](const std::string& alternatives, const std::string& what) {
    const auto said = diagnostics(read_with(alternatives));
    EXPECT_NE(said.find(what), std::string::npos) << said;
  };
  says("        - {when: {from: \">=x\"}, steps: none}\n", "'>=x' is no version and no range of versions");
  says("        - {when: {from: v0.11.6, mode: a}, steps: none}\n",
       "no alternative of 'rebuilt' counts for {from: buildkit, mode: b}");
}

TEST(Reader, TellsAllMistakesAtOnceInTheirPlaces) {
  EXPECT_EQ(diagnostics(read_text("title: x\nfiles: {Dockerfile: FROM scratch}\nrounds:\n"
                                  "  - expect: {rebuild: all}\n    parallel: []\n  - build: {target: \"${http}\"}\n",
                                  "x.yaml")),
            "x.yaml:4:14: error[CP0003]: unknown key 'rebuild': did you mean 'rebuilt'?\n"
            "    4 |   - expect: {rebuild: all}\n"
            "      |              ^~~~~~~\n"
            "x.yaml:5:15: error[CP0006]: expected a list of builds, found an empty list\n"
            "    5 |     parallel: []\n"
            "      |               ^\n"
            "x.yaml:6:22: error[CP0010]: '${http}' is not defined: files under 'setup: {http: …}' start the server\n"
            "    6 |   - build: {target: \"${http}\"}\n"
            "      |                      ^~~~~~~\n");
}

TEST(Reader, SurvivesEveryPrefixOfAGoodFile) {
  const auto file = k_corpus / "registry/asset_edit_rebuilds_one_stage.yaml";
  const auto text = util::read_text(file).value();
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto reading = read_text(std::string_view(text).substr(0, size), file);
    EXPECT_TRUE(reading.scenario || util::any_error(reading.diagnostics)) << size;
  }
}

TEST(Reader, StopsAtWhatIsTooMuch) {
  const auto code = [](const std::string& text) {
    const auto reading = read_text(whole(text), "x.yaml");
    return reading.diagnostics.empty() ? "" : reading.diagnostics.front().code;
  };
  EXPECT_EQ(code(std::string(1024 * 1024 + 1, '#')), "CP0019");
  EXPECT_EQ(code("title: \xFF"), "CP0020");
  // One less than in mistakes/too_much.txt.
  EXPECT_EQ(code("matrix: {«100×d#: [a], »}\n"), "");
  EXPECT_EQ(code("matrix: {d: [\"«1024×v»\"]}\nbuild: {labels: {«1024×l#: \"${d}\", »}}\n"), "");
  EXPECT_EQ(code("files: {Dockerfile: FROM a, a.tar: {archive: {files: {«5000×a#/b/c/d: x, »}}}}\n"), "")
      << "with the folders above them";
}

TEST(Reader, TellsAThousandMistakesAndThatThereAreMore) {
  const auto last = [](const std::string& text) {
    const auto reading = read_text(whole(text), "x.yaml");
    return std::to_string(reading.diagnostics.size()) + " " + util::to_text(reading.diagnostics.back());
  };
  EXPECT_EQ(last("«999×u#: a\n»"),
            "999 x.yaml:999:1: error[CP0003]: unknown key 'u998'\n"
            "  999 | u998: a\n"
            "      | ^~~~\n");
  EXPECT_EQ(last("«1001×u#: a\n»"),
            "1000 x.yaml:1000:1: error[CP0019]: more is wrong from here on than is told\n"
            " 1000 | u999: a\n"
            "      | ^\n");
}

} // namespace
} // namespace cacheproof::scenario
