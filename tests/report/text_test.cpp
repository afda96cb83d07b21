#include "report/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::report {
namespace {

using testing::ElementsAre;

TEST(Harmless, WritesControlCharactersOut) {
  EXPECT_EQ(harmless("a\x1b[31mred\x1b[0m\rb\nc\x07\x7f"), "a\\x1b[31mred\\x1b[0m\\rb\\nc\\x07\\x7f");
  EXPECT_EQ(harmless("a\tb"), "a b");
  EXPECT_EQ(harmless("a\xC2\x9B\x33"), "a\\x9b3") << "CSI as one character";
  EXPECT_EQ(harmless("✓ é \xC2\xA0"), "✓ é \xC2\xA0");
  EXPECT_EQ(harmless("a\xFF"), "a\xEF\xBF\xBD");
}

TEST(Harmless, LinesStayLines) {
  EXPECT_EQ(indented("a\r\nb\x1b\n\nc", "> "), "> a\n> b\\x1b\n> \n> c\n");
  EXPECT_EQ(indented("", "> "), "");
}

TEST(Columns, AreCountedInCharacters) {
  EXPECT_EQ(columns("✓é"), 2U);
  EXPECT_EQ(in_columns("✓", 3), "✓  ");
  EXPECT_EQ(in_columns("abc", 3), "abc");
  EXPECT_EQ(in_columns("äbcd", 3), "äb…");
  EXPECT_EQ(cut("abcd", 4), "abcd");
  EXPECT_EQ(cut("abcde", 4), "abc…");
}

TEST(Durations, AreShort) {
  EXPECT_EQ(duration_text(840'000'000), "0.84 s");
  EXPECT_EQ(duration_text(9'999'000'000), "10.0 s");
  EXPECT_EQ(duration_text(12'340'000'000), "12.3 s");
  EXPECT_EQ(duration_text(59'990'000'000), "1 min 00 s");
  EXPECT_EQ(duration_text(125'000'000'000), "2 min 05 s");
}

evidence::Finding finding(std::vector<std::string> expected,
                          std::vector<std::string> observed,
                          std::vector<std::string> unexpected = {},
                          std::vector<std::string> missing = {}) {
  return {"rebuilt",
          {"x.yaml", 7, 1},
          "rebuilt: [a]",
          "it differs",
          std::move(expected),
          std::move(observed),
          std::move(unexpected),
          std::move(missing)};
}

TEST(Difference, KeepsTheOrderOfBothSides) {
  using Kind = Row::Kind;
  EXPECT_THAT(
      difference(finding({"a 1", "a 3", "a 4"}, {"a 2", "a 3", "a 5"}, {"a 2", "a 5"}, {"a 1 (cached)", "a 4"})),
      ElementsAre(Row{Kind::missing, "a 1", "(cached)"},
                  Row{Kind::unexpected, "", "a 2"},
                  Row{Kind::same, "a 3", "a 3"},
                  Row{Kind::missing, "a 4", ""},
                  Row{Kind::unexpected, "", "a 5"}));
}

TEST(Difference, OfValuesIsSideBySide) {
  using Kind = Row::Kind;
  EXPECT_THAT(difference(finding({"16 layers"}, {"3 layers"})),
              ElementsAre(Row{Kind::differs, "16 layers", "3 layers"}));
  EXPECT_THAT(difference(finding({"16 layers"}, {})), ElementsAre(Row{Kind::missing, "16 layers", ""}));
  EXPECT_THAT(difference(finding({}, {"3 layers"})), ElementsAre(Row{Kind::unexpected, "", "3 layers"}));
}

TEST(Difference, OfAnOutcomeHasWhatHoldsOnBothSides) {
  using Kind = Row::Kind;
  EXPECT_THAT(difference(finding({"a 1", "a 2"}, {}, {}, {"a 2 (rebuilt)"})),
              ElementsAre(Row{Kind::same, "a 1", "a 1"}, Row{Kind::missing, "a 2", "(rebuilt)"}));
}

TEST(Difference, CountsWhatStandsTwice) {
  using Kind = Row::Kind;
  EXPECT_THAT(difference(finding({"casing"}, {"casing", "casing"}, {"casing"})),
              ElementsAre(Row{Kind::unexpected, "", "casing"}, Row{Kind::same, "casing", "casing"}));
  EXPECT_THAT(difference(finding({"^a"}, {"a", "b"}, {"b"})),
              ElementsAre(Row{Kind::same, "^a", "a"}, Row{Kind::unexpected, "", "b"}))
      << "a regex beside the warning that it matched";
}

TEST(Difference, IsHarmless) {
  EXPECT_EQ(difference(finding({"ok"}, {"a\x1b[2J\nb"})).front().observed, "a\\x1b[2J\\nb");
}

TEST(Finding, IsPlainText) {
  EXPECT_EQ(to_text(finding({"a 1", "a 3"}, {"a 2", "a 3"}, {"a 2"}, {"a 1 (cached)"})),
            "x.yaml:7: rebuilt\n"
            "    7 | rebuilt: [a]\n"
            "it differs\n"
            "  - a 1 (cached)\n"
            "  + a 2\n"
            "    a 3\n");
  EXPECT_EQ(to_text(finding({"16 layers"}, {"3\x1b layers"})),
            "x.yaml:7: rebuilt\n"
            "    7 | rebuilt: [a]\n"
            "it differs\n"
            "  - 16 layers\n"
            "  + 3\\x1b layers\n");
  auto differs = finding({}, {});
  differs.tree = {"  app/", "~   x\x1b  mode 0644 → 0755"};
  EXPECT_EQ(to_text(differs),
            "x.yaml:7: rebuilt\n"
            "    7 | rebuilt: [a]\n"
            "it differs\n"
            "    app/\n"
            "  ~   x\\x1b  mode 0644 → 0755\n");
}

TEST(Broken, IsTheErrorOfTheCaseOrOfItsRound) {
  evidence::CaseEvidence played;
  EXPECT_EQ(why_broken(played), "no round was played\n");
  played.rounds.resize(2);
  played.rounds[1].number = 2;
  played.rounds[1].name = "edited";
  played.rounds[1].broken = util::Error{util::Blame::rig, "buildkitd died\x1b", "buildctl build", "read daemon.log"};
  EXPECT_EQ(why_broken(played),
            "round 2 (edited): buildkitd died\\x1b\n  tried: buildctl build\n  to do: read daemon.log\n");
  played.broken = util::Error{util::Blame::rig, "no runc", {}, {}};
  EXPECT_EQ(why_broken(played), "no runc\n");
}

TEST(Counts, AreOfStepsAlone) {
  using evidence::Outcome;
  evidence::RoundEvidence round;
  const auto add = [&](Outcome outcome, evidence::StepKind kind = evidence::StepKind::step) {
    round.record.steps.emplace_back();
    round.record.steps.back().outcome = outcome;
    round.record.steps.back().kind = kind;
  };
  EXPECT_EQ(counts(round), "");
  add(Outcome::rebuilt);
  add(Outcome::rebuilt, evidence::StepKind::source);
  add(Outcome::cached);
  add(Outcome::cached);
  add(Outcome::failed);
  add(Outcome::not_reached);
  add(Outcome::unneeded);
  round.caches.resize(2);
  round.caches[1].shape = evidence::CacheShape::index;
  round.caches[1].layers.resize(1);
  EXPECT_EQ(counts(round),
            "1 rebuilt · 2 cached · 1 failed · 1 not reached · 1 unneeded · no cache exported · 1 layer exported");
}

} // namespace
} // namespace cacheproof::report
