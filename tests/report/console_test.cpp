// What is told of a case.
#include "report/told.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace cacheproof::report {
namespace {

using evidence::CaseEvidence;
using evidence::Verdict;
using testing::HasSubstr;
using testing::Not;

TEST(Console, TellsAPassInOneLineARound) {
  EXPECT_EQ(told(small_case()), R"(basics/source_edit_keeps_packages@v0.34.2
  Editing source does not reinstall packages
  ✓ 1 first build                         3 rebuilt · 4 layers exported                             0.84 s
  ✓ 2 one source file edited              1 rebuilt · 2 cached · 4 layers exported                  0.61 s

)");
}

TEST(Console, NamesTheBuilderOfARoundWhereBuildersHaveNames) {
  auto played = small_case();
  played.rounds.resize(1);
  played.rounds[0].builder = "laptop";
  played.rounds[0].buildkit = "v0.17.3";
  EXPECT_THAT(told(played), HasSubstr("\n  ✓ 1 first build · laptop v0.17.3       "));
}

TEST(Console, TellsAFailureSoThatItCanBeUnderstood) {
  EXPECT_EQ(told(seed_case()), R"(registry/asset_edit_rebuilds_one_stage[mode=mod=max]@v0.34.2
  Editing one asset rebuilds only the stage that copies it
  ✗ 2 one asset edited                    7 rebuilt · 1 cached · 1 unneeded · 3 layers exported     1.24 s

      scenarios/registry/x.yaml:4: rebuilt
          4 |         rebuilt: [build-public 4-5, website-ssr 2]
      5 steps ran that the claim does not name, 1 step did not run although the claim names it

        expected  observed
      +           rebuilt     build-assets-less 2/4 = build-node-modules 2/6 = build-public 2/8 WORKDIR /app
      +           rebuilt     build-assets-less 3/4 COPY assets/less/package.json assets/less/
      +           rebuilt     build-assets-less 4/4 RUN mkdir -p assets/less/node_modules
      +           rebuilt     build-node-modules 3/6 COPY package*.json .npmrc ./
      +           rebuilt     build-public 3/8 COPY package*.json webpack*.js ./
        rebuilt   rebuilt     build-public 4/8 COPY assets assets
        rebuilt   rebuilt     build-public 5/8 RUN mkdir -p public && echo bundle > public/bundle.js
      - rebuilt   cached      website-ssr 2/3 COPY --from=build-public /app/public public

      scenarios/registry/x.yaml:3: exported.layers
          3 |         exported: {layers: 16}
      the cache at 127.0.0.1:5000/app:cache holds another number of layers

      - expected: 16 layers
      + observed: 3 layers

      note: the cache import of 127.0.0.1:5000/lib:cache failed: not found
      likely cause, in this build's own line:
        x.yaml:7:51: warning[CP0102]: unknown cache attribute 'mod', BuildKit ignores it silently (moby/buildkit#1515): did you mean 'mode'?
            7 |   cache_to: ["type=registry,ref=app:cache,mod=max"]
              |                                          ^~~
  evidence: cacheproof-out/run/a_case

)");
}

TEST(Console, ShowsTheTreeOfAResultThatDiffers) {
  auto played = small_case();
  played.rounds[1].verdict = Verdict::failed;
  auto& finding = played.rounds[1].findings.emplace_back();
  finding.expectation = "result.same_as_clean_build";
  finding.spot = {"x.yaml", 3, 9};
  finding.summary = "false hit";
  finding.tree = {"  a clean build → this build", "  app/", "~   x\x1b  mode 0644 → 0755", "- y  dir 0755 0:0"};
  EXPECT_THAT(told(played), HasSubstr(R"(
      x.yaml:3: result.same_as_clean_build
      false hit

        a clean build → this build
        app/
      ~   x\x1b  mode 0644 → 0755
      - y  dir 0755 0:0

)"));
}

TEST(Console, PaintsTheLinesOfATreeThatDifferAndCutsAllOnATerminal) {
  auto played = small_case();
  auto& finding = played.rounds[1].findings.emplace_back();
  finding.tree = {"  app/" + std::string(100, 'a'), "~   x  mode 0644 → 0755"};
  EXPECT_THAT(told(played, {.color = true}),
              HasSubstr("\n        app/" + std::string(100, 'a') + "\n      \033[31m~   x  mode 0644 → 0755\033[0m\n"));
  std::ostringstream out;
  print_case(out, played, k_folder, {.live = true, .width = 60});
  EXPECT_THAT(out.str(), HasSubstr("\n        app/" + std::string(47, 'a') + "…\n      ~   x  mode 0644 → 0755\n"));
}

TEST(Console, TellsWhatToDoAboutABrokenRig) {
  auto played = small_case();
  played.verdict = played.rounds[1].verdict = Verdict::broken;
  played.rounds[1].record = {};
  played.rounds[1].caches.clear();
  played.rounds[1].broken = util::Error{util::Blame::rig,
                                        "buildkitd died during the build: signal 9 (killed)\npanic: \x1b[31mlost",
                                        "buildctl build --frontend dockerfile.v0",
                                        "read daemon.log and run it again"};
  EXPECT_EQ(told(played), R"(basics/source_edit_keeps_packages@v0.34.2
  Editing source does not reinstall packages
  ✓ 1 first build                         3 rebuilt · 4 layers exported                             0.84 s
  ! 2 one source file edited                                                                        0.61 s
      the rig failed, which is no verdict about the cache:
      buildkitd died during the build: signal 9 (killed)
      panic: \x1b[31mlost
        tried: buildctl build --frontend dockerfile.v0
        to do: read daemon.log and run it again
  evidence: cacheproof-out/run/a_case

)");
  played = small_case();
  played.rounds.clear();
  played.verdict = Verdict::broken;
  played.broken = util::Error{util::Blame::rig, "runc is missing", "runc --version", "apt-get install runc"};
  EXPECT_EQ(told(played), R"(basics/source_edit_keeps_packages@v0.34.2
  Editing source does not reinstall packages
      the rig failed, which is no verdict about the cache:
      runc is missing
        tried: runc --version
        to do: apt-get install runc
  evidence: cacheproof-out/run/a_case

)");
}

TEST(Console, TellsWhyACaseWasSkipped) {
  auto played = small_case();
  played.rounds.clear();
  played.verdict = Verdict::skipped;
  played.reason = "needs BuildKit >=0.13";
  EXPECT_EQ(told(played), R"(basics/source_edit_keeps_packages@v0.34.2
  Editing source does not reinstall packages
  - skipped: needs BuildKit >=0.13

)");
}

TEST(Console, TellsEveryStepAndImageWhenVerbose) {
  auto played = small_case();
  played.images = {{"docker.io/library/alpine:latest", "sha256:ff"}};
  EXPECT_EQ(told(played, {.verbose = true}), R"(basics/source_edit_keeps_packages@v0.34.2
  Editing source does not reinstall packages
  ✓ 1 first build                         3 rebuilt · 4 layers exported                             0.84 s
      buildctl build --frontend dockerfile.v0
      rebuilt     app 2/4 COPY packages.txt .
      rebuilt     app 3/4 RUN cat packages.txt > installed
      rebuilt     app 4/4 COPY src src
  ✓ 2 one source file edited              1 rebuilt · 2 cached · 4 layers exported                  0.61 s
      append src/main.txt (+5 bytes)
      buildctl build --frontend dockerfile.v0
      cached      app 2/4 COPY packages.txt .
      cached      app 3/4 RUN cat packages.txt > installed
      rebuilt     app 4/4 COPY src src
  image: docker.io/library/alpine:latest@sha256:ff
  evidence: cacheproof-out/run/a_case

)");
}

TEST(Console, HasColoursOnlyWhenAsked) {
  EXPECT_THAT(told(seed_case()), Not(HasSubstr("\033")));
  const auto colored = told(seed_case(), {.color = true});
  EXPECT_THAT(colored, HasSubstr("\033[31m✗\033[0m 2 one asset edited"));
  EXPECT_THAT(colored, HasSubstr("\033[33mlikely cause, in this build's own line:\033[0m"));
}

TEST(Console, LetsNoTextOfTheBuildReachTheTerminal) {
  auto played = seed_case();
  auto& round = played.rounds[0];
  round.name = "a\x1b[2J";
  round.notes = {"b\x1b[2J\rc"};
  round.changes = {"d\x1b[2J"};
  round.command = "e\x1b[2J\nf";
  round.record.steps[0].places[0].instruction = "g\x1b[2J";
  round.findings[0].summary = "h\x1b[2J";
  round.findings[0].observed = {"i\x1b[2J"};
  round.lint = {"j\x1b[2J"};
  round.broken = util::Error{util::Blame::rig, "k\x1b[2J", "l\x1b[2J", {}};
  played.title = "m\x1b[2J";
  const auto text = told(played, {.verbose = true});
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\r")));
  for (const char c : std::string("abdeghijklm")) EXPECT_THAT(text, HasSubstr(std::string(1, c) + "\\x1b[2J"));
}

TEST(Console, PrintsASavedCaseAsItsRunDid) {
  for (const auto& played : {small_case(), seed_case()})
    for (const bool verbose : {false, true}) {
      std::ostringstream out;
      print_case(out, played, k_folder, {.verbose = verbose});
      EXPECT_EQ(out.str(), told(played, {.verbose = verbose}));
      out.str({});
      print_case(out, played, k_folder, {.live = true});
      EXPECT_THAT(out.str(), Not(HasSubstr("\r"))) << "nothing runs";
    }
}

/// The seed case three times, of which the first held.
CaseEvidence three_plays() {
  auto played = seed_case();
  played.repeat =
      evidence::RepeatEvidence{3, {2, 3, 0.21, 0.94}, {}, "every claim holds in every play", {"a note"}, {}};
  played.rounds.resize(1);
  for (const int play : {2, 3}) {
    played.rounds.push_back(played.rounds[0]);
    played.rounds.back().play = play;
  }
  played.rounds[0].play = 1;
  played.rounds[0].verdict = Verdict::passed;
  played.rounds[0].findings.clear();
  played.verdict = Verdict::failed;
  return played;
}

TEST(Console, OfSeveralPlaysTellsTheFirstFailureInFullAndTheShares) {
  const auto played = three_plays();
  std::ostringstream out;
  print_case(out, played, k_folder, {});
  const auto text = out.str();
  EXPECT_THAT(text, Not(HasSubstr("play 1")));
  EXPECT_THAT(text, HasSubstr("one asset edited · play 2"));
  EXPECT_THAT(text, HasSubstr("one asset edited · play 3"));
  const auto summary = played.rounds[1].findings.at(0).summary;
  EXPECT_EQ(text.find(summary), text.rfind(summary)) << "in full only once";
  EXPECT_THAT(text,
              HasSubstr("  failed: 2 of 3 plays, 0.67 (95 %: 0.21 to 0.94)\n"
                        "  rule:   every claim holds in every play\n"
                        "  note: a note\n"));
}

TEST(Console, OfSeveralPlaysTellsTheFirstFailureOfEachBuild) {
  auto played = seed_case();
  played.rounds.resize(1);
  played.rounds[0].play = 1;
  played.rounds[0].entry = "alpha";
  for (const auto* entry : {"beta", "alpha"}) {
    played.rounds.push_back(played.rounds[0]);
    played.rounds.back().entry = entry;
  }
  played.rounds[1].findings.at(0).summary = "of beta";
  played.rounds[2].play = 2;
  played.rounds[2].findings.at(0).summary = "of alpha again";
  std::ostringstream out;
  print_case(out, played, k_folder, {});
  EXPECT_THAT(out.str(), HasSubstr("one asset edited · alpha · play 1"));
  EXPECT_THAT(out.str(), HasSubstr("of beta\n"));
  EXPECT_THAT(out.str(), HasSubstr("one asset edited · alpha · play 2"));
  EXPECT_THAT(out.str(), Not(HasSubstr("of alpha again")));
}

TEST(Console, OfSeveralPlaysTellsTheKnownShareAndWhatTheRuleFound) {
  auto played = three_plays();
  played.repeat->known = {1, 3, 0.06, 0.79};
  auto& finding = played.repeat->findings.emplace_back();
  finding.expectation = "repeat.fails";
  finding.spot = {"x.yaml", 9, 3};
  finding.summary = "it fails more often";
  EXPECT_THAT(told(played),
              HasSubstr("  failed: 2 of 3 plays, 0.67 (95 %: 0.21 to 0.94)\n"
                        "  known:  1 of 3 plays, 0.33 (95 %: 0.06 to 0.79)\n"
                        "  rule:   every claim holds in every play\n"
                        "\n      x.yaml:9: repeat.fails\n      it fails more often\n"));
}

TEST(Console, OfSeveralPlaysTellsAllInFullWhenVerbose) {
  const auto played = three_plays();
  const auto text = told(played, {.verbose = true});
  EXPECT_THAT(text, HasSubstr("one asset edited · play 1"));
  const auto summary = played.rounds[1].findings.at(0).summary;
  const auto second = text.find("one asset edited · play 3");
  ASSERT_NE(second, std::string::npos);
  EXPECT_LT(text.find(summary), second);
  EXPECT_NE(text.find(summary, second), std::string::npos);
}

} // namespace
} // namespace cacheproof::report
