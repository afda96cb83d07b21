#include "evidence/results.hpp"
#include "util/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::evidence {
namespace {

/// A value in every field, so that one that is not saved shows.
RunResults full_results() {
  RoundResult round{
      .name = "one file edited",
      .verdict = Verdict::failed,
      .spot = {"x.yaml", 31, 5},
      .findings = {{"rebuilt", {"x.yaml", 40, 7}, "rebuilt: none", "it differs", {"a"}, {"b"}, {"c"}, {"d"}, {"- e"}}},
      .lint = {"warning"},
      .broken = util::Error{util::Blame::interrupted, "what", "tried", "remedy"}};
  CaseResult result{.id = "a/b@v1",
                    .title = "A title",
                    .scenario = "x.yaml",
                    .verdict = Verdict::stale,
                    .reason = "because",
                    .rounds = {std::move(round)},
                    .broken = util::Error{util::Blame::rig, "no disk", "write", "buy one"},
                    .by_client = true,
                    .crossing = Crossing{"a/b", "v1", "v2", 3, 4},
                    .duration = 7,
                    .folder = "a_b_v1"};
  return {{"a/b@v1", "a/c@v1"}, true, {std::move(result)}};
}

class Results : public testing::Test {
protected:
  std::filesystem::path folder() const { return folder_.path(); }

private:
  util::TempDir folder_ = util::TempDir::create().value();
};

TEST_F(Results, AreReadAsTheyWereSaved) {
  ASSERT_TRUE(save(full_results(), folder()));
  const auto files = find_results(folder());
  ASSERT_EQ(files.size(), 1U);
  const auto loaded = load_results(files[0]);
  ASSERT_TRUE(loaded) << util::to_text(loaded.error());
  EXPECT_EQ(*loaded, full_results());
  EXPECT_THAT(util::read_text(files[0]).value(), testing::HasSubstr("\"by_client\": true"));
}

TEST_F(Results, ThatAreCutOffAnywhereAreAnErrorThatNamesTheFile) {
  ASSERT_TRUE(save(full_results(), folder()));
  const auto whole = util::read_text(folder() / "results.json").value();
  for (std::size_t size = 0; size + 2 < whole.size(); size += 7) {
    ASSERT_TRUE(util::write_text(folder() / "results.json", whole.substr(0, size)));
    const auto loaded = load_results(folder() / "results.json");
    ASSERT_FALSE(loaded) << size;
    EXPECT_EQ(loaded.error().blame, util::Blame::input);
    EXPECT_THAT(loaded.error().what, testing::HasSubstr("/results.json is no file of results that can be read: "));
  }
}

TEST_F(Results, OfAnotherVersionAreNotGuessedAt) {
  ASSERT_TRUE(util::write_text(folder() / "results.json",
                               R"({"schema":"cacheproof/results/9","planned":[],"ended":true,"cases":[]})"));
  const auto loaded = load_results(folder() / "results.json");
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().what,
              testing::HasSubstr("it is 'cacheproof/results/9', and this program reads 'cacheproof/results/1'"));
}

TEST(ResultOf, KeepsTheRoundsThatDidNotPassAndOfSeveralPlaysEachOnce) {
  CaseEvidence played{.id = "a@v1", .title = "A", .scenario = "a.yaml", .verdict = Verdict::failed, .duration = 9};
  const auto add = [&](int number, int play, Verdict verdict) {
    RoundEvidence round;
    round.number = number;
    round.play = play;
    round.name = "r";
    round.verdict = verdict;
    round.spot = {"a.yaml", number, 1};
    if (verdict == Verdict::failed) round.findings = {{.expectation = "rebuilt"}};
    played.rounds.push_back(std::move(round));
  };
  add(1, 1, Verdict::passed);
  add(2, 1, Verdict::failed);
  add(2, 2, Verdict::failed);
  played.rounds.back().record.by_client = true;
  played.repeat = RepeatEvidence{.times = 2, .findings = {{.expectation = "repeat", .spot = {"a.yaml", 9, 3}}}};

  const auto result = result_of(played, "here");
  EXPECT_EQ(result.id, "a@v1");
  EXPECT_EQ(result.folder, "here");
  EXPECT_EQ(result.duration, 9);
  EXPECT_TRUE(result.by_client);
  ASSERT_EQ(result.rounds.size(), 2U);
  EXPECT_EQ(result.rounds[0].name, "r · play 1");
  EXPECT_EQ(result.rounds[0].spot.line, 2);
  EXPECT_EQ(result.rounds[1].name, "all plays together");
  EXPECT_EQ(result.rounds[1].spot.line, 9);
}

TEST(ResultOf, KnowsWhichVersionsACaseCrossesAndHowManyStepsHit) {
  CaseEvidence played{.id = "x/a[from=0.11.6,mode=max,to=v0.34.2]@v0.11.6+v0.34.2",
                      .cell = {{"from", "0.11.6"}, {"mode", "max"}, {"to", "v0.34.2"}}};
  const auto add = [&](const char* builder, const char* version, std::vector<Outcome> outcomes) {
    RoundEvidence round{.builder = builder, .buildkit = version};
    for (const auto outcome : outcomes) {
      Step step;
      step.outcome = outcome;
      step.places = {{"app", 2, 4, "RUN", static_cast<int>(round.record.steps.size())}};
      round.record.steps.push_back(std::move(step));
    }
    played.rounds.push_back(std::move(round));
  };
  add("ci", "v0.11.6", {Outcome::rebuilt});
  EXPECT_EQ(result_of(played, {}).crossing, std::nullopt);
  add("laptop", "v0.34.2", {Outcome::cached, Outcome::rebuilt, Outcome::cached, Outcome::unneeded});
  EXPECT_EQ(result_of(played, {}).crossing, (Crossing{"x/a mode=max", "v0.11.6", "v0.34.2", 2, 3}));
  auto same = played;
  same.cell[2].second = "v0.11.6";
  same.rounds[1].buildkit = "v0.11.6";
  EXPECT_EQ(result_of(same, {}).crossing.value().importer, "v0.11.6") << "a version's own cache is a pair too";
  played.cell.pop_back();
  EXPECT_EQ(result_of(played, {}).crossing, std::nullopt) << "the matrix has not both";
}

} // namespace
} // namespace cacheproof::evidence
