#include "judge/seen.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::judge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Rebuilt, IsTheExactSet) {
  EXPECT_TRUE(green(rebuilt({"app 3"})));
  EXPECT_TRUE(green(rebuilt({"app COPY src*"})));
}

TEST(Rebuilt, ADifferenceIsNamedBothWays) {
  const auto finding = red(rebuilt({"lib 3", "app 4"}));
  EXPECT_EQ(finding.expectation, "rebuilt");
  EXPECT_EQ(finding.spot, at(k_claim_line));
  EXPECT_EQ(finding.source_line, "7: the claim");
  EXPECT_EQ(finding.summary,
            "1 step ran that the claim does not name, 2 steps did not run although the claim names them");
  EXPECT_THAT(finding.expected, ElementsAre("lib 3/3 RUN make lib", "app 4/4 COPY --from=lib /lib /lib"));
  EXPECT_THAT(finding.observed, ElementsAre("app 3/4 COPY src src"));
  EXPECT_THAT(finding.unexpected, ElementsAre("app 3/4 COPY src src"));
  EXPECT_THAT(finding.missing,
              ElementsAre("lib 3/3 RUN make lib (cached)", "app 4/4 COPY --from=lib /lib /lib (cached)"));
}

TEST(Rebuilt, NoneIsRedWhenAStepRan) {
  const auto finding = red(rebuilt_none());
  EXPECT_EQ(finding.summary, "1 step ran that the claim does not name");
  EXPECT_THAT(finding.unexpected, ElementsAre("app 3/4 COPY src src"));
}

TEST(Rebuilt, NoneCountsNoSourceAndNothingInternal) {
  auto round = seen();
  round.record.steps[4].outcome = Outcome::cached;
  EXPECT_TRUE(green(rebuilt_none(), round));
}

TEST(Rebuilt, AllIsEveryStepThatTheTargetNeeds) {
  EXPECT_EQ(red(rebuilt_all()).missing.size(), 3U);
  auto round = seen();
  for (auto& each : round.record.steps)
    if (each.kind == StepKind::step && each.outcome != Outcome::unneeded) each.outcome = Outcome::rebuilt;
  EXPECT_TRUE(green(rebuilt_all(), round)) << "docs was not needed";
}

TEST(Rebuilt, AnUnneededStepThatIsListedIsMissing) {
  EXPECT_THAT(red(rebuilt({"app 3", "docs"})).missing, ElementsAre("docs 2/2 RUN make docs (unneeded)"));
}

TEST(Rebuilt, ASharedStepIsNamedByAnyOfItsStages) {
  auto round = seen();
  round.record.steps[1].outcome = Outcome::rebuilt;
  EXPECT_TRUE(green(rebuilt({"lib 2", "app 3"}), round));
  EXPECT_TRUE(green(rebuilt({"app 2-3"}), round));
  EXPECT_TRUE(green(rebuilt({"lib 2", "app 2-3"}), round));
  EXPECT_THAT(red(rebuilt({"app 3"}), round).unexpected, ElementsAre("lib 2/3 = app 2/4 WORKDIR /app"));
}

TEST(Rebuilt, OfSeveralPlatformsAllOrOneAreNamed) {
  auto round = seen();
  auto& steps = round.record.steps;
  steps = {
      step(Outcome::rebuilt, {{"app", 2, 3, "COPY a a", 2, "linux/amd64"}}),
      step(Outcome::cached, {{"app", 2, 3, "COPY a a", 2, "linux/arm64"}}),
      step(Outcome::rebuilt, {{"app", 3, 3, "RUN x", 3, "linux/amd64"}, {"app", 3, 3, "RUN x", 3, "linux/arm64"}})};
  EXPECT_TRUE(green(rebuilt({"linux/amd64 app 2-3"}), round));
  EXPECT_TRUE(green(rebuilt({"linux/amd64 app 2", "linux/arm64 app 3"}), round)) << "the last one is both platforms'";
  EXPECT_TRUE(green(cached({"linux/arm64/v8 app 2"}), round));
  EXPECT_THAT(red(rebuilt({"app"}), round).missing, ElementsAre("linux/arm64 app 2/3 COPY a a (cached)"));
  const auto range = red(cached({"linux/arm app 2-3"}), round);
  EXPECT_THAT(range.summary, testing::HasSubstr("linux/arm app 2-3"));
}

TEST(Rebuilt, AFailedStepHasExecuted) {
  auto expect = rebuilt({"app 3"});
  expect.status = fails("exit code").status;
  EXPECT_TRUE(green(expect, failed()));
  expect.rebuilt = rebuilt_none().rebuilt;
  EXPECT_THAT(red(expect, failed()).unexpected, ElementsAre("app 3/4 COPY src src"));
}

TEST(Rebuilt, AStepThatWasNotReachedIsMissing) {
  auto expect = rebuilt({"app 3-4"});
  expect.status = fails("exit code").status;
  EXPECT_THAT(red(expect, failed()).missing, ElementsAre("app 4/4 COPY --from=lib /lib /lib (not reached)"));
}

TEST(Rebuilt, ABuildThatNeededNoStepCannotBeJudged) {
  auto round = seen();
  std::erase_if(round.record.steps, [](const auto& each) { return each.kind == StepKind::step; });
  EXPECT_THAT(red(rebuilt_all(), round).summary, HasSubstr("needed no step"));
  EXPECT_THAT(red(rebuilt_none(), round).summary, HasSubstr("needed no step"));
  round.record.steps.push_back(step(Outcome::unneeded, {{"docs", 2, 2, "RUN make docs", 5}}));
  EXPECT_THAT(red(rebuilt_all(), round).summary, HasSubstr("needed no step"));
  EXPECT_THAT(red(rebuilt_none(), round).summary, HasSubstr("needed no step"));
}

TEST(References, ThatMatchNothingAreFindingsAtTheirOwnPlace) {
  for (const std::string reference : {"app 9", "nostage", "app RUN npm*", "app 1"}) {
    const auto finding = red(rebuilt({"app 3", reference}));
    EXPECT_EQ(finding.expectation, "rebuilt");
    EXPECT_EQ(finding.spot, at(9)) << reference;
    EXPECT_EQ(finding.source_line, "9: second");
    EXPECT_EQ(finding.summary, "this build has no step " + reference);
    EXPECT_THAT(finding.expected, ElementsAre(reference));
    EXPECT_THAT(finding.missing, ElementsAre(reference));
  }
  EXPECT_EQ(red(cached({"lib", "lib 7"})).spot, at(9));
  EXPECT_EQ(red(unneeded({"doc"})).spot, at(8));
}

TEST(References, EveryNumberOfARangeIsAStep) {
  const auto finding = red(cached({"lib 2-99"}));
  EXPECT_EQ(finding.spot, at(8));
  EXPECT_EQ(finding.summary, "this build has no step lib 4-99");
  auto round = seen();
  round.record.steps.erase(round.record.steps.begin() + 4);
  EXPECT_EQ(red(cached({"app 2-4"}), round).summary, "this build has no step app 3") << "a hole";
}

TEST(References, NameNoSource) {
  auto round = seen();
  round.record.steps.push_back(
      step(Outcome::rebuilt, {{"lib", 3, 3, "ADD http://host/lib /lib", 3}}, StepKind::source));
  EXPECT_TRUE(green(cached({"lib", "lib 3"}), round));
}

TEST(References, ARangeMayBeginAtFrom) {
  EXPECT_TRUE(green(cached({"lib 1-3"})));
}

TEST(Cached, IsASubset) {
  EXPECT_TRUE(green(cached({"lib"})));
  const auto finding = red(cached({"lib", "app 3-4", "docs 2"}));
  EXPECT_EQ(finding.expectation, "cached");
  EXPECT_EQ(finding.spot, at(k_claim_line));
  EXPECT_EQ(finding.summary, "2 steps should be cached and are not");
  EXPECT_THAT(finding.missing, ElementsAre("docs 2/2 RUN make docs (unneeded)", "app 3/4 COPY src src (rebuilt)"));
}

TEST(Unneeded, IsASubset) {
  EXPECT_TRUE(green(unneeded({"docs"})));
  const auto finding = red(unneeded({"docs", "app 4"}));
  EXPECT_EQ(finding.expectation, "unneeded");
  EXPECT_EQ(finding.summary, "1 step should be unneeded and is not");
  EXPECT_THAT(finding.missing, ElementsAre("app 4/4 COPY --from=lib /lib /lib (cached)"));
}

TEST(Log, HasAndLacksAreAskedOfEachLine) {
  auto round = seen();
  round.log = "#1 [internal] load\n#2 CACHED\n";
  EXPECT_TRUE(green(log({"^#1 ", "CACHED$"}, {"load.*CACHED", "ERROR"}), round));

  auto finding = red(log({"^#1", "DONE"}), round);
  EXPECT_EQ(finding.expectation, "log.has");
  EXPECT_EQ(finding.spot, at(9)) << "of the second text";
  EXPECT_EQ(finding.summary, "no line of the client's 2 has a match");
  EXPECT_THAT(finding.expected, ElementsAre("DONE"));
  EXPECT_THAT(finding.observed, IsEmpty());

  finding = red(log({}, {"CACH"}), round);
  EXPECT_EQ(finding.expectation, "log.lacks");
  EXPECT_EQ(finding.summary, "a line of the client's has a match");
  EXPECT_THAT(finding.expected, ElementsAre("no CACH"));
  EXPECT_THAT(finding.observed, ElementsAre("#2 CACHED"));
  EXPECT_EQ(red(log({"(open"}), round).summary, "it is no regular expression");
}

TEST(Status, ABuildMustSucceedUnlessToldOtherwise) {
  const auto finding = red({}, failed());
  EXPECT_EQ(finding.expectation, "status");
  EXPECT_EQ(finding.spot, at(5)) << "the round: nothing is written";
  EXPECT_THAT(finding.observed, ElementsAre("process did not complete successfully: exit code: 7"));
  Expectations ok;
  ok.status = claim(scenario::ExpectedStatus{});
  EXPECT_TRUE(green(ok));
  EXPECT_EQ(red(ok, failed()).spot, at(k_claim_line));
}

TEST(Status, FailsIsARegexForTheBuildsErrorOrAStepsOwn) {
  EXPECT_TRUE(green(fails("exit code: [0-9]$"), failed()));
  EXPECT_TRUE(green(fails("^src: not found"), failed()));
  EXPECT_EQ(red(fails("exit code: 8"), failed()).summary, "the build failed, but in another way");
  EXPECT_EQ(red(fails("exit code: 7")).summary, "the build succeeded, but it should fail");
}

TEST(Status, ARegexThatIsNoneIsAFinding) {
  EXPECT_EQ(red(fails("(exit"), failed()).summary, "`fails` is no regular expression");
}

TEST(Status, ClientAndBuildKitMustAgree) {
  auto round = seen();
  round.exit_code = 1;
  EXPECT_THAT(red({}, round).observed, ElementsAre("client: exit code 1"));
  EXPECT_EQ(red(fails("x"), round).expectation, "status");
  round = failed();
  round.exit_code = 0;
  EXPECT_THAT(red(fails("exit code: 7"), round).expected, ElementsAre("BuildKit: failed"));
}

TEST(Warnings, AreAnExactList) {
  EXPECT_TRUE(green(warnings({})));
  EXPECT_TRUE(green(warnings({"casing", "Legacy"}), warned({"LegacyKeyValue", "FromAs casing"})));
  const auto finding = red(warnings({"casing", "Secret"}), warned({"LegacyKeyValue", "FromAs casing"}));
  EXPECT_EQ(finding.expectation, "warnings");
  EXPECT_THAT(finding.unexpected, ElementsAre("LegacyKeyValue"));
  EXPECT_THAT(finding.missing, ElementsAre("Secret"));
  EXPECT_THAT(finding.expected, ElementsAre("casing", "Secret"));
  EXPECT_THAT(finding.observed, ElementsAre("LegacyKeyValue", "FromAs casing"));
  EXPECT_THAT(red(warnings({}), warned({"casing"})).unexpected, ElementsAre("casing"));
  EXPECT_THAT(red(warnings({"casing"})).missing, ElementsAre("casing"));
  EXPECT_THAT(red(warnings({"casing"}), warned({"casing", "casing"})).unexpected, ElementsAre("casing"));
}

TEST(Warnings, OneThatSeveralRegexesMatchGoesToTheOneThatNeedsIt) {
  for (const auto& patterns : {std::vector<std::string>{".*", "^a"}, {"^a", ".*"}}) {
    EXPECT_TRUE(green(warnings(patterns), warned({"a", "b"})));
    EXPECT_TRUE(green(warnings(patterns), warned({"b", "a"})));
  }
  EXPECT_EQ(red(warnings({"a", "a"}), warned({"a", "b"})).missing.size(), 1U);
  EXPECT_THAT(red(warnings({"b", "c", "a"}), warned({"a", "b"})).expected, ElementsAre("a", "b", "c"))
      << "in the order of what they matched";
}

TEST(Warnings, ARegexThatIsNoneIsAFindingAtItsOwnPlace) {
  EXPECT_EQ(red(warnings({"casing", "(x"}), warned({"casing", "(x"})).spot, at(9));
}

TEST(Claims, TheFirstAlternativeThatMatchesTheCellCounts) {
  Expectations expect;
  expect.cached = scenario::Claim<std::vector<scenario::StepReference>>{
      {{{{"mode", {"max"}}}, references({"lib"}), at(8)}, {{{"mode", {"min"}}}, references({"app 3"}), at(9)}},
      at(k_claim_line)};
  EXPECT_EQ(judged(expect, seen(), {{"mode", "max"}}).verdict, Verdict::passed);
  const auto wrong = judged(expect, seen(), {{"mode", "min"}});
  ASSERT_EQ(wrong.findings.size(), 1U);
  EXPECT_EQ(wrong.findings[0].spot, at(9));
}

TEST(Claims, ThatMatchNoCellAreFindings) {
  const scenario::When never = {{"mode", {"max"}}};
  Expectations expect;
  expect.rebuilt = {{{never, {}, at(8)}}, at(k_claim_line)};
  expect.cached = {{{never, {}, at(8)}}, at(k_claim_line)};
  expect.unneeded = {{{never, {}, at(8)}}, at(k_claim_line)};
  expect.exported = {{{never, {}, at(8)}}, at(k_claim_line)};
  expect.status = {{{never, {}, at(8)}}, at(k_claim_line)};
  expect.warnings = {{{never, {}, at(8)}}, at(k_claim_line)};
  const auto judgement = judged(expect, seen(), {{"mode", "min"}});
  std::vector<std::string> keys;
  for (const auto& finding : judgement.findings) {
    keys.push_back(finding.expectation);
    EXPECT_EQ(finding.summary, "no `when` of this claim matches the case");
    EXPECT_EQ(finding.spot, at(k_claim_line));
  }
  EXPECT_THAT(keys, testing::UnorderedElementsAre("status", "rebuilt", "cached", "unneeded", "exported", "warnings"));
}

TEST(Claims, AllOfThemAreJudged) {
  auto expect = rebuilt_none();
  expect.cached = cached({"app 3"}).cached;
  expect.unneeded = unneeded({"lib"}).unneeded;
  expect.exported = exported({}, 1).exported;
  expect.warnings = warnings({"x"}).warnings;
  expect.status = fails("x").status;
  EXPECT_EQ(judged(expect).findings.size(), 6U);
}

TEST(Claims, WithoutARecordNothingPasses) {
  auto round = seen();
  round.record = {};
  EXPECT_EQ(red({}, round).summary, "there is no record of this build: nothing can be judged");
  round.record.succeeded = true;
  EXPECT_EQ(red(warnings({}), round).spot, at(5));
}

TEST(Claims, ARefusedBuildIsOneThatFailedWithoutAStep) {
  auto round = seen();
  round.record = {};
  round.record.error = "error: registry cache importer requires ref";
  round.exit_code = 1;
  EXPECT_EQ(judged(fails("importer requires ref"), round).verdict, Verdict::passed);
  EXPECT_EQ(red(fails("not found"), round).summary, "the build failed, but in another way");
  EXPECT_EQ(red({}, round).observed, std::vector<std::string>{round.record.error});
  auto none = fails("requires ref");
  none.rebuilt = rebuilt_none().rebuilt;
  EXPECT_EQ(red(none, round).summary, "this build needed no step, so the claim says nothing");
}

} // namespace
} // namespace cacheproof::judge
