#include "report/documents.hpp"
#include "report/joined.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::report {
namespace {

using evidence::CaseResult;
using evidence::RunResults;
using evidence::Verdict;
using testing::ElementsAre;
using testing::IsEmpty;

CaseResult result(std::string id, Verdict verdict) {
  CaseResult made{.id = std::move(id), .title = "T", .scenario = "scenarios/x.yaml", .verdict = verdict, .folder = "f"};
  if (verdict == Verdict::skipped) made.reason = "needs more";
  return made;
}

Shard shard(const std::string& name, std::vector<CaseResult> cases) {
  RunResults results{.ended = true};
  for (const auto& one : cases) results.planned.push_back(one.id);
  results.cases = std::move(cases);
  return {.name = name, .folder = name + "/run", .results = std::move(results)};
}

std::vector<std::string> ids(const Joined& joined) {
  std::vector<std::string> all;
  for (const auto& entry : joined.entries) all.push_back(entry.result.id);
  return all;
}

TEST(Joined, HasRedRowsOnTopAndColumnsByDriverAndVersion) {
  const auto joined = join({shard("one",
                                  {result("b[v=x@y]@v0.34.2", Verdict::passed),
                                   result("a@v0.34.2", Verdict::passed),
                                   result("a@v0.9.0+buildx@v0.36.1", Verdict::passed),
                                   result("a@v0.9.0+buildx@v0.9.0", Verdict::passed)}),
                            shard("two",
                                  {result("a@docker@v28.5.2+buildx@v0.36.1", Verdict::passed),
                                   result("a@docker-containerd@v26.1.4+buildx@v0.36.1", Verdict::passed),
                                   result("a@v0.34.2+buildx@v0.36.1+docker@v29.2.0", Verdict::passed),
                                   result("a@v0.34.2+buildx@v0.36.1+docker@v28.5.2", Verdict::passed),
                                   result("a@v0.34.2+buildx@v0.9.0+docker@v29.2.0", Verdict::passed),
                                   result("a@v0.8.0+buildx@v0.9.0+docker@v29.2.0", Verdict::passed),
                                   result("pair@v0.9.0+v0.34.2+buildx@v0.36.1", Verdict::passed),
                                   result("d@v0.9.0", Verdict::broken),
                                   result("c@v0.9.0", Verdict::failed),
                                   result("a@v0.9.0+frontend@v0.34.2", Verdict::passed),
                                   result("a@v0.9.0+buildx@v0.36.1+frontend@v0.34.2", Verdict::passed),
                                   result("pair@v0.9.0+v0.34.2", Verdict::passed)})});
  EXPECT_THAT(joined.rows, ElementsAre("c", "d", "a", "b[v=x@y]", "pair"));
  EXPECT_THAT(joined.columns,
              ElementsAre("v0.9.0",
                          "v0.9.0+frontend@v0.34.2",
                          "v0.34.2",
                          "v0.9.0+buildx@v0.9.0",
                          "v0.9.0+buildx@v0.36.1",
                          "v0.9.0+buildx@v0.36.1+frontend@v0.34.2",
                          "v0.8.0+buildx@v0.9.0+docker@v29.2.0",
                          "v0.34.2+buildx@v0.9.0+docker@v29.2.0",
                          "v0.34.2+buildx@v0.36.1+docker@v28.5.2",
                          "v0.34.2+buildx@v0.36.1+docker@v29.2.0",
                          "docker-containerd@v26.1.4+buildx@v0.36.1",
                          "docker@v28.5.2+buildx@v0.36.1",
                          "own versions",
                          "own versions+buildx@v0.36.1"));
  EXPECT_EQ(joined.entries[0].result.id, "c@v0.9.0");
  EXPECT_EQ(joined.entries[0].shard, "two");
  EXPECT_EQ(joined.entries[0].evidence, "two/run/f");
  EXPECT_THAT(joined.troubles, IsEmpty());
  EXPECT_FALSE(is_green(joined));
}

TEST(Joined, IsGreenOnlyWhereSomethingWasJudged) {
  EXPECT_TRUE(
      is_green(join({shard("one", {result("a@v1.0.0", Verdict::passed), result("b@v1.0.0", Verdict::known)})})));
  EXPECT_FALSE(is_green(join({})));
  EXPECT_FALSE(is_green(join({shard("one", {})})));
}

TEST(Joined, AShardOrAVersionInWhichNothingWasJudgedIsRed) {
  const auto joined =
      join({shard("one", {result("a@v1.0.0", Verdict::skipped), result("b@v1.0.0", Verdict::skipped)}),
            shard("two", {result("a@v2.0.0", Verdict::passed), result("c@v2.0.0+buildx@v3.0.0", Verdict::skipped)}),
            shard("none", {})});
  EXPECT_THAT(joined.troubles,
              ElementsAre(Trouble{"none", "nothing was judged: it has no case"},
                          Trouble{"one", "nothing was judged: all of its 2 cases were skipped"},
                          Trouble{"v1.0.0", "nothing was judged: all of its 2 cases were skipped"},
                          Trouble{"v2.0.0+buildx@v3.0.0", "nothing was judged: its one case was skipped"}));
  EXPECT_FALSE(is_green(joined));
  EXPECT_THAT(verdicts(joined), testing::Contains(Verdict::broken).Times(4));
}

TEST(Joined, ACaseThatWasPlannedAndNotJudgedIsBroken) {
  auto killed = shard("killed", {});
  killed.results->planned = {"a@v1.0.0", "b@v1.0.0"};
  killed.results->ended = false;
  auto fewer = shard("fewer", {result("a@v2.0.0", Verdict::passed)});
  fewer.expected = {"a@v2.0.0", "b@v2.0.0"};
  Shard missing{.name = "missing", .results = util::failure("it left no results"), .expected = {"a@v3.0.0"}};
  const auto joined = join({killed, fewer, missing});
  EXPECT_THAT(ids(joined), ElementsAre("a@v1.0.0", "a@v3.0.0", "b@v1.0.0", "b@v2.0.0", "a@v2.0.0"));
  EXPECT_EQ(headline(joined.entries[0].result), "its run ended before it was judged");
  EXPECT_EQ(headline(joined.entries[1].result), "its shard left no results");
  EXPECT_EQ(headline(joined.entries[3].result), "its run did not play it");
  EXPECT_THAT(joined.troubles,
              ElementsAre(Trouble{"killed", "its run did not come to its end"},
                          Trouble{"fewer", "it was to play 2 cases, and played 1"},
                          Trouble{"missing", "it left no results"}));
  EXPECT_EQ(counts(joined.entries), "4 broken, 1 passed");
}

TEST(Joined, ACaseOfTwoShardsIsTold) {
  const auto joined =
      join({shard("one", {result("a@v1.0.0", Verdict::passed)}), shard("two", {result("a@v1.0.0", Verdict::passed)})});
  EXPECT_THAT(joined.troubles, ElementsAre(Trouble{"two", "a@v1.0.0 was also played by one"}));
}

TEST(Joined, SaysTheFindingFirstAndThenAllOfThem) {
  auto failed = result("a@v1.0.0", Verdict::failed);
  evidence::Finding finding{.expectation = "rebuilt",
                            .spot = {"scenarios/x.yaml", 4, 9},
                            .source_line = "    rebuilt: none",
                            .summary = "1 step ran\x1b[31m",
                            .observed = {"app 2/2 RUN x"},
                            .unexpected = {"app 2/2 RUN x"}};
  failed.rounds = {{.name = "again",
                    .verdict = Verdict::failed,
                    .spot = {"scenarios/x.yaml", 2, 3},
                    .findings = {finding},
                    .lint = {"x.yaml:1:1: warning[CP0102]: a typo"}}};
  EXPECT_EQ(headline(failed), "again: 1 step ran\\x1b[31m");
  EXPECT_EQ(spot_of(failed), finding.spot);
  EXPECT_EQ(why(failed),
            "round 'again' failed\n"
            "  scenarios/x.yaml:4: rebuilt\n"
            "      4 |     rebuilt: none\n"
            "  1 step ran\\x1b[31m\n"
            "    + app 2/2 RUN x\n"
            "  likely cause, in this build's own line:\n"
            "    x.yaml:1:1: warning[CP0102]: a typo\n");

  auto broken = result("b@v1.0.0", Verdict::broken);
  broken.rounds = {
      {.name = "again", .spot = {"scenarios/x.yaml", 2, 3}, .broken = util::Error{.what = "the daemon died"}}};
  EXPECT_EQ(headline(broken), "again: the daemon died");
  EXPECT_EQ(why(broken), "round 'again' broken\n  the daemon died\n");
  EXPECT_EQ(spot_of(broken).line, 2);

  const auto annotations = to_diagnostics(join({shard("one", {failed, broken, result("c@v1.0.0", Verdict::passed)})}));
  ASSERT_EQ(annotations.size(), 2U);
  EXPECT_EQ(annotations[0].code, "a@v1.0.0");
  EXPECT_EQ(annotations[0].spot.line, 4);
  EXPECT_EQ(annotations[0].message, "again: rebuilt: 1 step ran\\x1b[31m");
  EXPECT_EQ(annotations[1].spot.line, 2);
  EXPECT_EQ(annotations[1].message, "no verdict about the cache: again: the daemon died");
}

} // namespace
} // namespace cacheproof::report
