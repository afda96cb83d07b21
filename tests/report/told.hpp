#pragma once

#include "judge/judge.hpp"
#include "report/console.hpp"

#include <sstream>
#include <string>
#include <vector>

namespace cacheproof::report {

inline constexpr const char* k_folder = "cacheproof-out/run/a_case";

inline evidence::Step step(evidence::Outcome outcome, std::vector<evidence::Place> places) {
  evidence::Step made;
  made.outcome = outcome;
  made.places = std::move(places);
  return made;
}

/// scenarios/basics: three steps, one edit.
inline evidence::CaseEvidence small_case() {
  evidence::CaseEvidence played;
  played.id = "basics/source_edit_keeps_packages@v0.34.2";
  played.title = "Editing source does not reinstall packages";
  played.verdict = evidence::Verdict::passed;
  evidence::RoundEvidence round;
  round.number = 1;
  round.name = "first build";
  round.verdict = evidence::Verdict::passed;
  round.duration = 840'000'000;
  round.command = "buildctl build --frontend dockerfile.v0";
  round.record.steps = {step(evidence::Outcome::rebuilt, {{"app", 2, 4, "COPY packages.txt .", 2}}),
                        step(evidence::Outcome::rebuilt, {{"app", 3, 4, "RUN cat packages.txt > installed", 3}}),
                        step(evidence::Outcome::rebuilt, {{"app", 4, 4, "COPY src src", 4}})};
  round.caches = {{"127.0.0.1:5000/app:cache", evidence::CacheShape::image_manifest, {}, {}, {{}, {}, {}, {}}, 4}};
  played.rounds.push_back(round);
  round.number = 2;
  round.name = "one source file edited";
  round.duration = 610'000'000;
  round.changes = {"append src/main.txt (+5 bytes)"};
  round.record.steps[0].outcome = round.record.steps[1].outcome = evidence::Outcome::cached;
  played.rounds.push_back(round);
  return played;
}

/// The second round of moby/buildkit#1515 as it was with `mod=max`, judged against what was expected of `mode=max`.
inline evidence::CaseEvidence seed_case() {
  constexpr auto cached = evidence::Outcome::cached;
  constexpr auto rebuilt = evidence::Outcome::rebuilt;
  evidence::CaseEvidence played;
  played.id = "registry/asset_edit_rebuilds_one_stage[mode=mod=max]@v0.34.2";
  played.title = "Editing one asset rebuilds only the stage that copies it";
  evidence::RoundEvidence round;
  round.number = 2;
  round.name = "one asset edited";
  round.duration = 1'240'000'000;
  round.record.ref = "ref";
  round.record.succeeded = true;
  round.record.steps = {
      step(rebuilt,
           {{"build-assets-less", 2, 4, "WORKDIR /app", 6},
            {"build-node-modules", 2, 6, "WORKDIR /app", 11},
            {"build-public", 2, 8, "WORKDIR /app", 24}}),
      step(rebuilt, {{"build-assets-less", 3, 4, "COPY assets/less/package.json assets/less/", 7}}),
      step(rebuilt, {{"build-assets-less", 4, 4, "RUN mkdir -p assets/less/node_modules", 8}}),
      step(rebuilt, {{"build-node-modules", 3, 6, "COPY package*.json .npmrc ./", 12}}),
      step(evidence::Outcome::unneeded,
           {{"build-php", 3, 3, "COPY --from=build-node-modules /app/node_modules node_modules", 20}}),
      step(rebuilt, {{"build-public", 3, 8, "COPY package*.json webpack*.js ./", 25}}),
      step(rebuilt, {{"build-public", 4, 8, "COPY assets assets", 26}}),
      step(rebuilt, {{"build-public", 5, 8, "RUN mkdir -p public && echo bundle > public/bundle.js", 27}}),
      step(cached, {{"website-ssr", 2, 3, "COPY --from=build-public /app/public public", 33}}),
  };
  round.record.imports = {{"127.0.0.1:5000/app:cache", ""}, {"127.0.0.1:5000/lib:cache", "not found"}};
  round.caches = {{"127.0.0.1:5000/app:cache", evidence::CacheShape::image_manifest, {}, {}, {{}, {}, {}}, 16}};
  round.lint = {"x.yaml:7:51: warning[CP0102]: unknown cache attribute 'mod', BuildKit ignores it silently "
                "(moby/buildkit#1515): did you mean "
                "'mode'?\n    7 |   cache_to: [\"type=registry,ref=app:cache,mod=max\"]\n      |                "
                "                          ^~~\n"};

  const std::vector<std::string> source = {
      "", "", "        exported: {layers: 16}", "        rebuilt: [build-public 4-5, website-ssr 2]"};
  const util::SourceSpot exported_at{"scenarios/registry/x.yaml", 3, 9};
  const util::SourceSpot rebuilt_at{"scenarios/registry/x.yaml", 4, 9};
  scenario::Expectations expect;
  expect.exported = {{{{}, {{}, scenario::Comparison{scenario::Comparison::Op::equal, 16}, exported_at}, exported_at}},
                     exported_at};
  expect.rebuilt = {{{{},
                      {scenario::StepSet::Kind::listed,
                       {scenario::StepReference::parse("build-public 4-5", rebuilt_at).value(),
                        scenario::StepReference::parse("website-ssr 2", rebuilt_at).value()}},
                      rebuilt_at}},
                    rebuilt_at};
  auto judgement = judge::judge(expect, {}, round, source);
  round.verdict = judgement.verdict;
  round.findings = std::move(judgement.findings);
  round.notes = std::move(judgement.notes);
  played.verdict = round.verdict;
  played.rounds = {round};
  return played;
}

/// What a run tells the console about a case.
inline void play(Console& console, const evidence::CaseEvidence& played) {
  console.case_started(played);
  for (const auto& round : played.rounds) {
    console.round_started(played, round);
    console.round_judged(played, round);
  }
  console.case_judged(played, k_folder);
}

inline std::string told(const evidence::CaseEvidence& played, const ConsoleOptions& options = {}) {
  std::ostringstream out;
  Console console(out, options);
  play(console, played);
  return out.str();
}

} // namespace cacheproof::report
