#pragma once

#include "judge/judge.hpp"

#include <gtest/gtest.h>

// A round that was seen, claims about it, and what becomes of them.
namespace cacheproof::judge {

using evidence::Finding;
using evidence::Outcome;
using evidence::Place;
using evidence::RoundEvidence;
using evidence::Step;
using evidence::StepKind;
using evidence::Verdict;
using scenario::Expectations;

inline constexpr int k_claim_line = 7; // of every claim here; references and texts stand on lines of their own below it

inline util::SourceSpot at(int line) {
  return {"x.yaml", line, 1};
}

inline Step step(Outcome outcome, std::vector<Place> places, StepKind kind = StepKind::step) {
  Step made;
  made.kind = kind;
  made.outcome = outcome;
  made.places = std::move(places);
  return made;
}

template <class T> scenario::Claim<T> claim(T value) {
  return {{{{}, std::move(value), at(k_claim_line)}}, at(k_claim_line)};
}

inline std::vector<scenario::StepReference> references(const std::vector<std::string>& texts) {
  std::vector<scenario::StepReference> all;
  int line = k_claim_line;
  for (const auto& text : texts) all.push_back(scenario::StepReference::parse(text, at(++line)).value());
  return all;
}

inline std::vector<scenario::Text> texts(const std::vector<std::string>& all) {
  std::vector<scenario::Text> result;
  int line = k_claim_line;
  for (const auto& each : all) result.push_back({each, at(++line)});
  return result;
}

inline Expectations rebuilt(scenario::StepSet::Kind kind) {
  Expectations expect;
  expect.rebuilt = claim(scenario::StepSet{kind, {}});
  return expect;
}
inline Expectations rebuilt(const std::vector<std::string>& steps) {
  Expectations expect;
  expect.rebuilt = claim(scenario::StepSet{scenario::StepSet::Kind::listed, references(steps)});
  return expect;
}
inline Expectations rebuilt_all() {
  return rebuilt(scenario::StepSet::Kind::all);
}
inline Expectations rebuilt_none() {
  return rebuilt(scenario::StepSet::Kind::none);
}
inline Expectations cached(const std::vector<std::string>& steps) {
  Expectations expect;
  expect.cached = claim(references(steps));
  return expect;
}
inline Expectations unneeded(const std::vector<std::string>& steps) {
  Expectations expect;
  expect.unneeded = claim(references(steps));
  return expect;
}
inline Expectations exported(std::optional<std::string> of, std::optional<std::uint64_t> layers) {
  scenario::Exported value;
  if (of) value.of = scenario::Text{*of, at(8)};
  if (layers) value.layers = scenario::Comparison{scenario::Comparison::Op::equal, *layers};
  value.layers_spot = at(9);
  Expectations expect;
  expect.exported = claim(value);
  return expect;
}
inline Expectations imported(std::optional<std::string> error) {
  scenario::ExpectedImport value;
  if (error) value.error = scenario::Text{*error, at(8)};
  Expectations expect;
  expect.imported = claim(value);
  return expect;
}
inline Expectations log(const std::vector<std::string>& has, const std::vector<std::string>& lacks = {}) {
  Expectations expect;
  expect.log = claim(scenario::ExpectedLog{texts(has), texts(lacks)});
  return expect;
}
inline Expectations fails(const std::string& pattern) {
  Expectations expect;
  expect.status = claim(scenario::ExpectedStatus{scenario::Text{pattern, at(8)}});
  return expect;
}
inline Expectations warnings(const std::vector<std::string>& patterns) {
  Expectations expect;
  expect.warnings = claim(texts(patterns));
  return expect;
}

/// A build in which `app 3` ran after an edit: `lib` is shared in its WORKDIR, `docs` was not needed.
inline RoundEvidence seen() {
  RoundEvidence round;
  round.spot = at(5);
  auto& record = round.record;
  record.ref = "ref1";
  record.succeeded = true;
  record.steps = {
      step(Outcome::rebuilt,
           {{"lib", 1, 3, "FROM alpine AS lib", 1}, {"app", 1, 4, "FROM alpine AS app", 7}},
           StepKind::source),
      step(Outcome::cached, {{"lib", 2, 3, "WORKDIR /app", 2}, {"app", 2, 4, "WORKDIR /app", 8}}),
      step(Outcome::cached, {{"lib", 3, 3, "RUN make lib", 3}}),
      step(Outcome::unneeded, {{"docs", 2, 2, "RUN make docs", 5}}),
      step(Outcome::rebuilt, {{"app", 3, 4, "COPY src src", 9}}),
      step(Outcome::cached, {{"app", 4, 4, "COPY --from=lib /lib /lib", 10}}),
      step(Outcome::rebuilt, {}, StepKind::internal),
      step(Outcome::rebuilt, {}, StepKind::cache_import),
      step(Outcome::rebuilt, {}, StepKind::cache_export),
  };
  round.caches = {
      {"127.0.0.1:5000/app:cache", evidence::CacheShape::index, {}, {}, {{"sha256:a", 1}, {"sha256:b", 2}}, 3}};
  return round;
}

/// The same, failed in `app 3`.
inline RoundEvidence failed() {
  auto round = seen();
  round.exit_code = 1;
  round.record.succeeded = false;
  round.record.error = "process did not complete successfully: exit code: 7";
  round.record.steps[4].outcome = Outcome::failed;
  round.record.steps[4].error = "src: not found";
  round.record.steps[5].outcome = Outcome::not_reached;
  return round;
}

inline RoundEvidence warned(const std::vector<std::string>& warnings) {
  auto round = seen();
  for (const auto& warning : warnings) round.record.warnings.push_back({warning, {}, 0});
  return round;
}

inline Judgement
judged(const Expectations& expect, const RoundEvidence& round = seen(), const scenario::Cell& cell = {}) {
  return judge(expect, cell, round, {"1", "2", "3", "4", "5", "6", "7: the claim", "8: first", "9: second"});
}

/// The one finding of a red judgement.
inline Finding red(const Expectations& expect, const RoundEvidence& round = seen()) {
  const auto judgement = judged(expect, round);
  EXPECT_EQ(judgement.verdict, Verdict::failed);
  EXPECT_EQ(judgement.findings.size(), 1U);
  return judgement.findings.empty() ? Finding{} : judgement.findings.front();
}

inline testing::AssertionResult green(const Expectations& expect, const RoundEvidence& round = seen()) {
  const auto judgement = judged(expect, round);
  if (judgement.verdict == Verdict::passed && judgement.findings.empty()) return testing::AssertionSuccess();
  auto result = testing::AssertionFailure() << to_text(judgement.verdict);
  for (const auto& finding : judgement.findings) result << "\n" << finding.expectation << ": " << finding.summary;
  return result;
}

} // namespace cacheproof::judge
