#include "report/documents.hpp"
#include "report/table.hpp"
#include "report/text.hpp"
#include "report/told.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::report {
namespace {

using evidence::CaseResult;
using evidence::Verdict;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Joined joined_of(std::vector<CaseResult> cases) {
  return join({{.results = evidence::RunResults{.ended = true, .cases = std::move(cases)}}});
}

std::string text_of(const Joined& joined, std::size_t width) {
  return to_text(table_of(joined), width, [](const std::string& text, Verdict) { return text; });
}

/// Two scenarios on a BuildKit, by buildx, in a container and in an engine.
Joined through_four_drivers() {
  return joined_of(
      {{.id = "registry/a[mode=max]@v0.34.2", .verdict = Verdict::passed},
       {.id = "registry/a[mode=max]@v0.34.2+buildx@v0.36.1", .verdict = Verdict::known},
       {.id = "registry/a[mode=max]@v0.34.2+buildx@v0.36.1+docker@v29.2.0", .verdict = Verdict::broken},
       {.id = "registry/a[mode=max]@docker@v20.10.24+buildx@v0.36.1", .verdict = Verdict::passed, .by_client = true},
       {.id = "registry/b@v0.34.2", .verdict = Verdict::failed},
       {.id = "registry/b@v0.34.2+buildx@v0.36.1", .verdict = Verdict::skipped}});
}

TEST(Table, HasASignForEveryCaseBelowItsDriverAndVersions) {
  EXPECT_EQ(text_of(through_four_drivers(), 120),
            "scenario              v0.34.2  v0.34.2         v0.34.2            docker v20.10.24\n"
            "                               buildx v0.36.1  buildx v0.36.1     buildx v0.36.1\n"
            "                                               in docker v29.2.0\n"
            "registry/b            ✗        -\n"
            "registry/a[mode=max]  ✓        ~               !                  ✓?\n"
            "✓ passed · ✗ failed · ~ known · - skipped · ! broken · ? less certain\n");
}

TEST(Table, HasNumbersForHeadsWhereTheyDoNotFit) {
  EXPECT_EQ(text_of(through_four_drivers(), 60),
            "scenario              1  2  3  4\n"
            "registry/b            ✗  -\n"
            "registry/a[mode=max]  ✓  ~  !  ✓?\n"
            "1  v0.34.2\n"
            "2  v0.34.2, buildx v0.36.1\n"
            "3  v0.34.2, buildx v0.36.1, in docker v29.2.0\n"
            "4  docker v20.10.24, buildx v0.36.1\n"
            "✓ passed · ✗ failed · ~ known · - skipped · ! broken · ? less certain\n");
}

TEST(Table, IsNeverWiderThanTheTerminal) {
  std::vector<CaseResult> cases;
  for (int version = 0; version < 30; ++version)
    cases.push_back({.id = fmt::format("{}@v{}.0.0", std::string(70, 'x'), version), .verdict = Verdict::passed});
  const auto joined = joined_of(std::move(cases));
  for (const std::size_t width : {60U, 80U, 120U}) {
    const auto text = text_of(joined, width);
    for (const auto& line : util::lines(text)) EXPECT_LE(columns(line), width) << text;
    EXPECT_THAT(text, HasSubstr("\n30  v29.0.0\n"));
    std::size_t signs = 0;
    for (auto at = text.find("✓"); at != text.npos; at = text.find("✓", at + 1)) ++signs;
    EXPECT_EQ(signs, 31U) << "one for each case, and one in the legend\n" << text;
  }
}

TEST(Table, ComparesOnlyWhereAScenarioWasPlayedInSeveralWays) {
  EXPECT_TRUE(compares(table_of(through_four_drivers())));
  EXPECT_FALSE(compares(table_of(joined_of({{.id = "a@v1.0.0"}, {.id = "b@v2.0.0+v3.0.0"}}))));
}

TEST(Table, StandsAtTheEndOfARunThatCompares) {
  auto played = small_case();
  auto other = small_case();
  other.id = "basics/source_edit_keeps_packages@v0.11.6";
  other.verdict = Verdict::failed;
  const auto finished = [](const std::vector<evidence::CaseEvidence>& all, bool color) {
    std::ostringstream out;
    Console(out, {.color = color}).run_finished(all);
    return out.str();
  };
  EXPECT_THAT(finished({played, other}, false),
              testing::StartsWith("scenario                           v0.11.6  v0.34.2\n"
                                  "basics/source_edit_keeps_packages  ✗        ✓\n"
                                  "✓ passed · ✗ failed\n\n"
                                  "✗ failed  basics/source_edit_keeps_packages@v0.11.6\n"));
  EXPECT_THAT(finished({played, other}, true), HasSubstr("\033[31m✗\033[0m        \033[32m✓\033[0m\n"));
  EXPECT_THAT(finished({played}, false), Not(HasSubstr("scenario")));
}

/// What one version exports and another imports.
CaseResult crossed(const std::string& from, const std::string& to, Verdict verdict, std::size_t cached) {
  return {.id = fmt::format("x/old[from={0},to={1}]@{0}{2}", from, to, from == to ? "" : "+" + to),
          .verdict = verdict,
          .crossing = evidence::Crossing{"x/old", from, to, cached, 12}};
}

TEST(Table, OfPairsHasTheStepsThatHit) {
  const auto joined = joined_of({crossed("v0.9.0", "v0.9.0", Verdict::passed, 12),
                                 crossed("v0.9.0", "v0.34.2", Verdict::failed, 7),
                                 crossed("v0.34.2", "v0.9.0", Verdict::known, 0),
                                 {.id = "x/a@v0.34.2", .verdict = Verdict::passed}});
  EXPECT_THAT(table_of(joined).rows, ElementsAre("x/a")) << "a pair is no row";
  EXPECT_THAT(table_of(joined).columns, ElementsAre("v0.34.2"));
  const auto pairs = pairs_of(joined);
  ASSERT_EQ(pairs.size(), 1U);
  EXPECT_TRUE(compares(pairs[0]));
  EXPECT_EQ(to_text(pairs[0], 80, [](const std::string& text, Verdict) { return text; }),
            "x/old: how many steps of the last build hit, of those needed\n"
            "exporter \\ importer  v0.9.0   v0.34.2\n"
            "v0.9.0               ✓ 12/12  ✗ 7/12\n"
            "v0.34.2              ~ 0/12\n"
            "✓ passed · ✗ failed · ~ known\n");
  EXPECT_THAT(to_markdown(joined, {}),
              HasSubstr("| exporter \\\\ importer | v0.9.0 | v0.34.2 |\n| --- | --- | --- |\n"
                        "| v0.9.0 | ✓ 12/12 | ✗ 7/12 |\n| v0.34.2 | \\~ 0/12 |  |\n"));
  EXPECT_THAT(to_html(joined, {}), HasSubstr("<h2>x/old</h2>"));
  EXPECT_THAT(to_html(joined, {}), HasSubstr("✗ failed</a> 7/12</div>"));
  EXPECT_THAT(to_junit(joined), HasSubstr("<testsuite name=\"own versions\" tests=\"3\""));
}

TEST(Table, OfPairsIsOneForEachDriver) {
  auto by_buildx = crossed("v0.9.0", "v0.34.2", Verdict::passed, 12);
  by_buildx.id += "+buildx@v0.36.1";
  const auto pairs = pairs_of(joined_of({crossed("v0.9.0", "v0.34.2", Verdict::passed, 12), by_buildx}));
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_EQ(pairs[1].title, "x/old, buildx v0.36.1");
  EXPECT_FALSE(compares(pairs[0]));
}

TEST(Table, HasTheSameHeadsOnThePageAndInTheSummary) {
  const auto joined = through_four_drivers();
  EXPECT_THAT(to_html(joined, {}), HasSubstr("<th>v0.34.2<br>buildx v0.36.1<br>in docker v29.2.0</th>"));
  EXPECT_THAT(to_markdown(joined, {}),
              HasSubstr("| broken | registry/a\\[mode=max\\] | v0.34.2, buildx v0.36.1, in docker v29.2.0 |"));
  EXPECT_THAT(head("own versions"), ElementsAre("own versions"));
}

} // namespace
} // namespace cacheproof::report
