#include "engine/verdict.hpp"

#include <gtest/gtest.h>

namespace cacheproof::engine {
namespace {

using evidence::Verdict;

Verdict of(const std::vector<Verdict>& rounds, bool broken_outside = false) {
  evidence::CaseEvidence played;
  played.rounds.resize(rounds.size());
  for (std::size_t i = 0; i < rounds.size(); ++i) played.rounds[i].verdict = rounds[i];
  if (broken_outside) played.broken = util::Error{.what = "it broke"};
  return verdict_of(played);
}

TEST(CaseVerdict, IsPassedWhenEveryRoundIs) {
  EXPECT_EQ(of({Verdict::passed, Verdict::passed}), Verdict::passed);
}

TEST(CaseVerdict, AFailureStaysOneWhateverBreaksLater) {
  EXPECT_EQ(of({Verdict::failed, Verdict::broken}), Verdict::failed);
  EXPECT_EQ(of({Verdict::failed}, true), Verdict::failed);
  EXPECT_EQ(of({Verdict::stale, Verdict::known, Verdict::failed}), Verdict::failed);
}

TEST(CaseVerdict, AnIssueThatDidNotHappenIsRedBesideOthersThatDid) {
  EXPECT_EQ(of({Verdict::known, Verdict::stale, Verdict::passed}), Verdict::stale);
  EXPECT_EQ(of({Verdict::stale, Verdict::broken}), Verdict::stale);
}

TEST(CaseVerdict, ABrokenRigIsNoPass) {
  EXPECT_EQ(of({Verdict::passed, Verdict::broken}), Verdict::broken);
  EXPECT_EQ(of({Verdict::known}, true), Verdict::broken) << "the sandbox could not be closed";
  EXPECT_EQ(of({}), Verdict::broken) << "nothing was judged";
}

TEST(CaseVerdict, OneKnownIssueMakesTheCaseKnown) {
  EXPECT_EQ(of({Verdict::passed, Verdict::known, Verdict::passed}), Verdict::known);
}

TEST(CaseVerdict, WhatTheMachineCannotDoIsSkippedAndHidesNothing) {
  const auto with_reason = [](const std::vector<Verdict>& rounds) {
    evidence::CaseEvidence played;
    played.reason = "this machine cannot do it";
    for (const auto verdict : rounds) played.rounds.emplace_back().verdict = verdict;
    return verdict_of(played);
  };
  EXPECT_EQ(with_reason({}), Verdict::skipped);
  EXPECT_EQ(with_reason({Verdict::passed, Verdict::skipped}), Verdict::skipped);
  EXPECT_EQ(with_reason({Verdict::failed, Verdict::skipped}), Verdict::failed);
}

TEST(CaseVerdict, OfManyPlaysIsThatOfTheirShareUnlessTheRigBroke) {
  evidence::CaseEvidence played;
  for (const auto verdict : {Verdict::failed, Verdict::passed}) played.rounds.emplace_back().verdict = verdict;
  EXPECT_EQ(verdict_of(played, Verdict::passed), Verdict::passed) << "the share allows it";
  EXPECT_EQ(verdict_of(played, Verdict::failed), Verdict::failed);
  played.reason = "this machine cannot do it";
  EXPECT_EQ(verdict_of(played, Verdict::broken), Verdict::skipped);
  played.broken = util::Error{.what = "it broke"};
  EXPECT_EQ(verdict_of(played, Verdict::broken), Verdict::broken);
  EXPECT_EQ(verdict_of(played, Verdict::passed), Verdict::broken) << "the last sandbox could not be closed";
  EXPECT_EQ(verdict_of(played, Verdict::failed), Verdict::failed);
  EXPECT_EQ(verdict_of(played, Verdict::stale), Verdict::stale);
}

} // namespace
} // namespace cacheproof::engine
