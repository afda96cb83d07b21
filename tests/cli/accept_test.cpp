// What `run --accept` refuses, told from plays that were made up; tests/cli/accept_live_test.cpp plays really.
#include "cli/accept.hpp"
#include "cli/program_fixture.hpp"
#include "scenario/read.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace cacheproof::cli {
namespace {

constexpr auto k_text = R"(title: A claim
files: {Dockerfile: "FROM alpine AS app\nRUN true\nRUN false\n"}
setup: {images: {alpine: busybox}}
rounds:
  - expect: {rebuilt: all}
    known_issue: {url: "https://example.org/1", when: {buildkit: ">=0.40"}, expect: {rebuilt: none}}
)";

class Accept : public ProgramTest {
protected:
  /// A play in which `app 3` had this outcome.
  static evidence::CaseEvidence seen(evidence::Outcome outcome) {
    evidence::CaseEvidence played;
    played.verdict = outcome == evidence::Outcome::rebuilt ? evidence::Verdict::passed : evidence::Verdict::failed;
    auto& round = played.rounds.emplace_back();
    round.record.ref = "ref";
    round.record.succeeded = true;
    for (const int number : {2, 3}) {
      auto& step = round.record.steps.emplace_back();
      step.outcome = number == 3 ? outcome : evidence::Outcome::rebuilt;
      step.places = {{"app", number, 3, "RUN", number}};
    }
    if (played.verdict == evidence::Verdict::failed) round.findings.push_back({"rebuilt", {}, {}, "it is not so"});
    return played;
  }

  /// Accepts these plays; what was printed is in `out_` and `err_`.
  int accept(const std::vector<evidence::CaseEvidence>& plays,
             const std::string& version = "v0.34.2",
             const std::string& more = "") {
    const auto file = folder_.path() / write("claim.yaml", k_text + more);
    const auto reading = scenario::read(file);
    const auto cases = engine::plan({std::make_shared<const scenario::Scenario>(*reading.scenario)}, {version});
    std::size_t next = 0;
    std::ostringstream out;
    testing::internal::CaptureStderr();
    const int code = cli::accept(
        cases,
        [&]() -> util::Result<std::vector<evidence::CaseEvidence>> {
          auto played = plays.at(next++);
          played.id = cases.front().id;
          played.buildkit = version;
          return std::vector{std::move(played)};
        },
        out);
    err_ = testing::internal::GetCapturedStderr();
    out_ = out.str();
    for (std::string* text : {&out_, &err_})
      for (std::size_t at = 0; (at = text->find(folder_.path().string())) != std::string::npos;)
        text->replace(at, folder_.path().string().size(), "FOLDER");
    return code;
  }

  std::string out_;
  std::string err_;
};

using enum evidence::Outcome;

TEST_F(Accept, ShowsTheDifferenceAndWritesTheFile) {
  EXPECT_EQ(accept({seen(cached), seen(cached)}), 0) << err_;
  EXPECT_EQ(out_, R"(--- FOLDER/claim.yaml
+++ FOLDER/claim.yaml (accepted)
@@ -2,5 +2,5 @@
 files: {Dockerfile: "FROM alpine AS app\nRUN true\nRUN false\n"}
 setup: {images: {alpine: busybox}}
 rounds:
-  - expect: {rebuilt: all}
+  - expect: {rebuilt: [app 2]}
     known_issue: {url: "https://example.org/1", when: {buildkit: ">=0.40"}, expect: {rebuilt: none}}
accepted: FOLDER/claim.yaml
)");
  auto text = std::string(k_text);
  replace(text, "rebuilt: all", "rebuilt: [app 2]");
  EXPECT_EQ(read("claim.yaml"), text);
}

TEST_F(Accept, SaysWhereNothingIsToBeAccepted) {
  EXPECT_EQ(accept({seen(evidence::Outcome::rebuilt), seen(evidence::Outcome::rebuilt)}), 0) << err_;
  EXPECT_EQ(out_, "nothing to accept: every claim holds, and every round has one\n");
}

TEST_F(Accept, TwoPlaysThatDifferAreRefused) {
  EXPECT_EQ(accept({seen(cached), seen(evidence::Outcome::rebuilt)}), 1);
  EXPECT_EQ(err_, R"(cacheproof: nothing was accepted: two plays differ:
    claim@v0.34.2: round 1: app 3/3 RUN: cached, then rebuilt
  to do: what comes out at random is no claim: find out why first
)");
  EXPECT_EQ(read("claim.yaml"), k_text);
}

TEST_F(Accept, EveryPlayOfARepeatedStoryIsOne) {
  auto twice = seen(cached);
  twice.rounds.push_back(twice.rounds.front());
  EXPECT_EQ(accept({twice, twice}, "v0.34.2", "repeat: {times: 2}\n"), 0) << err_;
  auto text = std::string(k_text) + "repeat: {times: 2}\n";
  replace(text, "rebuilt: all", "rebuilt: [app 2]");
  EXPECT_EQ(read("claim.yaml"), text);
  auto other = twice;
  other.rounds.back() = seen(evidence::Outcome::rebuilt).rounds.front();
  EXPECT_EQ(accept({other, twice}, "v0.34.2", "repeat: {times: 2}\n"), 1);
  EXPECT_EQ(err_, R"(cacheproof: nothing was accepted: two plays differ:
    claim@v0.34.2: round 1: app 3/3 RUN: cached, then rebuilt
  to do: what comes out at random is no claim: find out why first
)");
}

TEST_F(Accept, AShareOfPlaysIsRefusedBeforeAnythingIsPlayed) {
  EXPECT_EQ(accept({}, "v0.34.2", "repeat: {times: 2, fail_rate: \"<= 0.5\"}\n"), 64);
  EXPECT_EQ(err_,
            R"(cacheproof: FOLDER/claim.yaml:7: with a `fail_rate` claims say how it should be, not what every play saw
  to do: take `fail_rate` out while you accept, or write the claims by hand
)");
}

// What they look at is not kept; that they hold was judged when it was there.
TEST_F(Accept, ClaimsOfResultsAndLogsThatHoldStay) {
  const auto claims = "  - {name: two, expect: {rebuilt: all, log: {has: [x]}, result: {files: {a: b}}}}\n";
  auto two = seen(cached);
  two.rounds.push_back(seen(evidence::Outcome::rebuilt).rounds.front());
  EXPECT_EQ(accept({two, two}, "v0.34.2", claims), 0) << err_;
  auto text = k_text + std::string(claims);
  replace(text, "rebuilt: all", "rebuilt: [app 2]");
  EXPECT_EQ(read("claim.yaml"), text);
}

TEST_F(Accept, ABrokenCaseIsRefused) {
  auto broken = seen(cached);
  broken.verdict = evidence::Verdict::broken;
  EXPECT_EQ(accept({seen(cached), broken}), 2);
  EXPECT_EQ(err_, "cacheproof: nothing was accepted: claim@v0.34.2 broke\n");
}

TEST_F(Accept, ASkippedCaseIsRefused) {
  auto skipped = seen(cached);
  skipped.verdict = evidence::Verdict::skipped;
  EXPECT_EQ(accept({skipped, skipped}), 2);
  EXPECT_EQ(err_, "cacheproof: nothing was accepted: every case was skipped\n");
}

TEST_F(Accept, TheRangeOfAKnownIssueIsRefusedBeforeAnythingIsPlayed) {
  EXPECT_EQ(accept({}, "v0.40.1"), 64);
  EXPECT_EQ(err_,
            R"(cacheproof: claim@v0.40.1 is in the range of the known issue https://example.org/1
  to do: its claims say how it should be: leave that case out by --filter or --buildkit
)");
}

// The evidence says one thing and its findings another, so that what is written would not hold.
TEST_F(Accept, WhatWouldNotHoldIsNotWritten) {
  auto odd = seen(cached);
  odd.rounds[0].findings.clear();
  EXPECT_EQ(accept({odd, odd}), 0);
  odd.rounds[0].findings.push_back({"rebuilt", {}, {}, "it is not so"});
  odd.rounds[0].record.ref.clear(); // the judge judges nothing without
  EXPECT_EQ(accept({odd, odd}), 1);
  EXPECT_EQ(err_, R"(cacheproof: nothing was accepted: the text above would not hold:
:0: rebuilt
there is no record of this build: nothing can be judged

  to do: change the claim by hand
)");
  EXPECT_EQ(read("claim.yaml"), k_text);
}

TEST_F(Accept, TakesOneFile) {
  for (const auto& arguments :
       {std::vector<std::string>{"run", "--accept"}, {"run", "--accept", "."}, {"run", "--accept", "a", "b"}}) {
    const auto finished = run(arguments);
    EXPECT_EQ(finished.exit.code, 64);
    EXPECT_EQ(finished.err, "cacheproof: --accept takes one scenario file\n  to do: cacheproof run --accept FILE\n");
  }
}

} // namespace
} // namespace cacheproof::cli
