#include "author/accept.hpp"
#include "author/built.hpp"
#include "scenario/read.hpp"
#include "util/text.hpp"

#include <gtest/gtest.h>

#include <list>

namespace cacheproof::author {
namespace {

constexpr auto rebuilt = evidence::Outcome::rebuilt;
constexpr auto cached = evidence::Outcome::cached;

const std::string k_head = R"(title: A claim
files: {Dockerfile: "FROM scratch\n"}
)";
const std::string k_matrix = "matrix: {mode: [max, min, none]}\n";

/// The scenario and the cases that were played of it.
class Accept : public testing::Test {
protected:
  /// A case that saw these rounds; `failing` are its findings: round (from 0) and claim.
  void play(const std::string& buildkit,
            const scenario::Cell& cell,
            std::vector<evidence::RoundEvidence> rounds,
            const std::vector<std::pair<std::size_t, std::string>>& failing = {}) {
    auto& played = cases_.emplace_back();
    played.id = "claim[" + (cell.empty() ? "" : cell.front().second) + "]@" + buildkit;
    played.buildkit = buildkit;
    played.cell = cell;
    played.rounds = std::move(rounds);
    for (const auto& [round, claim] : failing) {
      evidence::Finding finding;
      finding.expectation = claim;
      finding.summary = "it is not so";
      played.rounds[round].findings.push_back(finding);
    }
  }

  util::Result<std::string> accept(const std::string& text) {
    const auto reading = scenario::read_text(text, "claim.yaml");
    for (const auto& one : reading.diagnostics) ADD_FAILURE() << util::to_text(one);
    std::vector<Played> all;
    for (const auto& one : cases_) {
      auto world = one.cell;
      world.emplace_back("buildkit", one.buildkit);
      all.push_back({&one, std::vector<scenario::World>(one.rounds.size(), world)});
    }
    return author::accept(*reading.scenario, text, all);
  }

  /// What becomes of a scenario with these rounds, without its head.
  std::string accepted(const std::string& rounds, const std::string& head = k_head) {
    auto text = accept(head + rounds);
    if (!text) return util::to_text(text.error());
    EXPECT_TRUE(text->starts_with(head)) << *text;
    const auto reading = scenario::read_text(*text, "claim.yaml");
    for (const auto& one : reading.diagnostics) ADD_FAILURE() << util::to_text(one);
    return text->substr(head.size());
  }

  std::list<evidence::CaseEvidence> cases_;
};

TEST_F(Accept, GivesEveryRoundAClaim) {
  play("v0.34.2", {}, {built({rebuilt, rebuilt}), built({cached, rebuilt}), built({cached, cached})});
  EXPECT_EQ(accepted(R"(rounds:
  - name: first # of three
  - {name: second}
  - name: third
    expect: {}
)"),
            R"(rounds:
  - name: first # of three
    expect: {rebuilt: all, exported: {layers: 3}}
  - {name: second, expect: {rebuilt: [app 3]}}
  - name: third
    expect: {rebuilt: none}
)");
}

TEST_F(Accept, ClaimsThatHoldStayAsTheyAreWritten) {
  play("v0.34.2", {}, {built({cached, rebuilt}), built({cached, rebuilt})});
  const std::string rounds = R"(rounds:
  - expect:
      rebuilt: [app RUN 3*] # robust
  - expect: {cached: [app 2]}
)";
  EXPECT_EQ(accepted(rounds), rounds);
}

TEST_F(Accept, ARoundThatSaysNothingOfItsStepsLearnsThem) {
  play("v0.34.2", {}, {built({cached, rebuilt})});
  EXPECT_EQ(accepted("rounds: [{expect: {exported: {layers: 3}}}]\n"),
            "rounds: [{expect: {exported: {layers: 3}, rebuilt: [app 3]}}]\n");
}

TEST_F(Accept, WritesWhatWasSeenInPlaceOfWhatDoesNotHold) {
  auto seen = built({cached, rebuilt}, 5);
  seen.record.warnings = {{"odd (1)", "", 0}};
  play("v0.34.2", {}, {seen}, {{0, "rebuilt"}, {0, "exported.layers"}, {0, "warnings"}});
  EXPECT_EQ(accepted(R"(rounds:
  - name: one
    expect:
      # all that changed
      rebuilt:
        - app 2   # copies
        - app 3
      exported: {of: "app:cache", layers: 3}
      warnings: []
    edit: [{write: {path: a, text: b}}]
)"),
            R"(rounds:
  - name: one
    expect:
      # all that changed
      # copies
      rebuilt: [app 3]
      exported: {of: "app:cache", layers: 5}
      warnings: ['odd \(1\)']
    edit: [{write: {path: a, text: b}}]
)");
}

TEST_F(Accept, OfCachedItKeepsWhatHolds) {
  play("v0.34.2", {}, {built({cached, rebuilt}), built({cached, rebuilt})}, {{0, "cached"}, {1, "cached"}});
  EXPECT_EQ(accepted(R"(rounds:
  - expect: {cached: [app RUN 2*, app 3]}
  - expect:
      cached: [app 3] # why
)"),
            R"(rounds:
  - expect: {cached: ['app RUN 2*']}
  - expect:
      # why
      rebuilt: [app 3]
)");
}

TEST_F(Accept, OfCachedItKeepsWhatHoldsOfTheBuildThatIsNamed) {
  auto both = built({cached, rebuilt});
  both.record.steps[0].build = "alpha";
  both.record.steps[1] = both.record.steps[0];
  both.record.steps[1].build = "beta";
  both.record.steps[1].outcome = rebuilt;
  play("v0.34.2", {}, {both}, {{0, "cached"}});
  EXPECT_EQ(accepted("rounds:\n  - expect: {cached: [\"alpha:app 2\", \"beta:app 2\"], rebuilt: [\"beta:app 2\"]}\n"),
            "rounds:\n  - expect: {cached: ['alpha:app 2'], rebuilt: [\"beta:app 2\"]}\n");
}

TEST_F(Accept, AlternativesAreWrittenEachForItsCases) {
  play("v0.34.2", {{"mode", "max"}}, {built({cached, rebuilt})});
  play("v0.34.2", {{"mode", "min"}}, {built({cached, rebuilt}, 4)}, {{0, "rebuilt"}, {0, "exported.layers"}});
  play("v0.34.2", {{"mode", "none"}}, {built({cached, rebuilt}, 4)}, {{0, "rebuilt"}, {0, "exported.layers"}});
  EXPECT_EQ(accepted(R"(rounds:
  - expect:
      rebuilt:
        - {when: {mode: max}, steps: [app RUN 3*]} # stays
        - when: {mode: [min, none]}
          steps: all
      exported: [{when: {mode: max}, layers: 3}, {when: {}, value: {layers: 5}}]
)",
                     k_head + k_matrix),
            R"(rounds:
  - expect:
      rebuilt:
        - {when: {mode: max}, steps: [app RUN 3*]} # stays
        - when: {mode: [min, none]}
          steps: [app 3]
      exported: [{when: {mode: max}, layers: 3}, {when: {}, value: {layers: 4}}]
)");
}

TEST_F(Accept, CasesThatDifferGetAlternativesByDimension) {
  play("v0.34.2", {{"mode", "max"}}, {built({cached, rebuilt}), built({rebuilt}, 5)}, {{0, "rebuilt"}});
  play("v0.34.2", {{"mode", "min"}}, {built({rebuilt, rebuilt}), built({rebuilt}, 3)});
  play("v0.34.2", {{"mode", "none"}}, {built({cached, rebuilt}), built({rebuilt}, 3)}, {{0, "rebuilt"}});
  EXPECT_EQ(accepted(R"(rounds:
  - expect: {rebuilt: all}
  - name: two
)",
                     k_head + k_matrix),
            R"(rounds:
  - expect: {rebuilt: [{when: {mode: [max, none]}, steps: [app 3]}, {when: {mode: min}, steps: all}]}
  - name: two
    expect: {rebuilt: all, exported: [{when: {mode: max}, layers: 5}, {when: {mode: [min, none]}, layers: 3}]}
)");
}

TEST_F(Accept, WhatElseIsClaimedOfAnExportIsNotLostInAlternatives) {
  play("v0.34.2", {{"mode", "max"}}, {built({rebuilt}, 5)});
  play("v0.34.2", {{"mode", "min"}}, {built({rebuilt}, 3)}, {{0, "exported.layers"}});
  play("v0.34.2", {{"mode", "none"}}, {built({rebuilt}, 3)}, {{0, "exported.layers"}});
  const auto text = accept(k_head + k_matrix + "rounds: [{expect: {exported: {of: \"app:cache\", layers: 5}}}]\n");
  EXPECT_EQ(text ? *text : text.error().what,
            "round 1 (round 1): the cases differ in what `exported` should say:\n"
            "    5 in claim[max]@v0.34.2\n    3 in claim[min]@v0.34.2\n    3 in claim[none]@v0.34.2");
}

TEST_F(Accept, VersionsThatDifferGetRanges) {
  play("v0.11.6", {}, {built({rebuilt, rebuilt})});
  play("v0.34.2", {}, {built({cached, rebuilt})}, {{0, "rebuilt"}});
  play("v0.17.3", {}, {built({rebuilt, rebuilt})});
  EXPECT_EQ(
      accepted("rounds: [{expect: {rebuilt: all}}]\n"),
      "rounds: [{expect: {rebuilt: [{when: {buildkit: \"<0.34.2\"}, steps: all}, {when: {buildkit: \">=0.34.2\"}, "
      "steps: [app 3]}]}}]\n");
}

TEST_F(Accept, CasesThatNoWhenTellsApartAreRefused) {
  play("v0.11.6", {{"mode", "max"}}, {built({rebuilt, rebuilt})});
  play("v0.11.6", {{"mode", "min"}}, {built({cached, rebuilt})}, {{0, "rebuilt"}});
  play("v0.34.2", {{"mode", "max"}}, {built({cached, rebuilt})}, {{0, "rebuilt"}});
  play("v0.34.2", {{"mode", "min"}}, {built({rebuilt, rebuilt})});
  EXPECT_EQ(accepted("rounds: [{expect: {rebuilt: all}}]\n", k_head + k_matrix),
            R"(round 1 (round 1): the cases differ in what `rebuilt` should say:
    all in claim[max]@v0.11.6
    [app 3] in claim[min]@v0.11.6
    [app 3] in claim[max]@v0.34.2
    all in claim[min]@v0.34.2
  to do: write alternatives with `when` by hand, or choose fewer cases with --filter and --buildkit)");
}

TEST_F(Accept, ABuildThatFailsUnclaimedIsRefused) {
  play("v0.34.2", {}, {built({rebuilt})}, {{0, "status"}});
  EXPECT_EQ(accepted("rounds: [{name: one}]\n"), R"(round 1 (one): claim[]@v0.34.2: it is not so
  to do: if that is what you want, say so: `status: {fails: REGEX}`)");
}

TEST_F(Accept, AClaimThatItCannotWriteIsRefused) {
  play("v0.34.2", {}, {built({rebuilt})}, {{0, "status"}});
  EXPECT_EQ(accepted("rounds:\n  - expect: {status: {fails: x}}\n"),
            "round 1 (round 1): line 4: the claim `status` does not hold, and --accept cannot write it\n"
            "  to do: change it by hand");
}

TEST_F(Accept, EachOfSeveralBuildsAtOnceHasItsClaims) {
  auto cancelled = built({rebuilt});
  play("v0.34.2", {}, {built({rebuilt}), built({cached, rebuilt}), cancelled, built({cached})}, {{1, "rebuilt"}});
  EXPECT_EQ(accepted(R"(rounds:
  - parallel:
      - {name: a, build: {target: a}}
      - name: b
        expect: {rebuilt: all} # of them
      - {name: c, build: {target: c}, cancel: when_others_finish}
  - name: after
)"),
            R"(rounds:
  - parallel:
      - {name: a, build: {target: a}, expect: {rebuilt: all, exported: {layers: 3}}}
      - name: b
        expect: {rebuilt: [app 3]} # of them
      - {name: c, build: {target: c}, cancel: when_others_finish}
  - name: after
    expect: {rebuilt: none}
)");
}

TEST_F(Accept, ARefusalNamesTheBuildOfSeveral) {
  play("v0.34.2", {}, {built({rebuilt}), built({rebuilt})}, {{1, "status"}});
  EXPECT_EQ(accepted("rounds: [{parallel: [{name: a, build: {target: a}}, {name: b, build: {target: b}}]}]\n"),
            "round 1 (b): claim[]@v0.34.2: it is not so\n"
            "  to do: if that is what you want, say so: `status: {fails: REGEX}`");
}

TEST_F(Accept, OfAnExportEachPartIsWrittenThatDoesNotHold) {
  auto seen = built({cached, rebuilt}, 5);
  seen.caches[0].media_type = "application/vnd.oci.image.index.v1+json";
  seen.caches[0].shape = evidence::CacheShape::index;
  play("v0.34.2", {}, {seen, seen, seen}, {{0, "exported.media_type"}, {1, "exported.manifest"}, {2, "exported"}});
  EXPECT_EQ(accepted(R"(rounds:
  - expect: {rebuilt: [app 3], exported: {layers: "<= 5", media_type: x}}
  - expect: {rebuilt: [app 3], exported: {manifest: image}}
  - expect: {rebuilt: [app 3]}
)"),
            "round 3 (round 3): claim[]@v0.34.2: it is not so\n"
            "  to do: if that is what you want, say so: `status: {fails: REGEX}`");
  cases_.front().rounds[2].findings.clear();
  EXPECT_EQ(accepted(R"(rounds:
  - expect: {rebuilt: [app 3], exported: {layers: "<= 5", media_type: x}}
  - expect: {rebuilt: [app 3], exported: {manifest: image}}
  - expect: {rebuilt: [app 3]}
)"),
            R"(rounds:
  - expect: {rebuilt: [app 3], exported: {layers: "<= 5", media_type: application/vnd.oci.image.index.v1+json}}
  - expect: {rebuilt: [app 3], exported: {manifest: index}}
  - expect: {rebuilt: [app 3]}
)");
}

TEST_F(Accept, OfManifestsThatDifferByVersionItWritesAlternatives) {
  auto index = built({cached, rebuilt});
  index.caches[0].shape = evidence::CacheShape::index;
  auto image = built({cached, rebuilt});
  image.caches[0].shape = evidence::CacheShape::image_manifest;
  play("v0.11.6", {}, {index});
  play("v0.34.2", {}, {image}, {{0, "exported.manifest"}});
  EXPECT_EQ(accepted("rounds: [{expect: {rebuilt: [app 3], exported: {manifest: index}}}]\n"),
            "rounds: [{expect: {rebuilt: [app 3], exported: [{when: {buildkit: \"<0.34.2\"}, manifest: index}, {when: "
            "{buildkit: \">=0.34.2\"}, manifest: image}]}}]\n");
}

TEST_F(Accept, OfImportsItWritesHowTheyEnd) {
  auto good = built({cached, rebuilt});
  good.record.imports = {{"127.0.0.1:1/app:cache", ""}};
  auto bad = good;
  bad.record.imports.push_back({"127.0.0.1:1/app:other", "127.0.0.1:1/app:other: not found (404)"});
  play("v0.34.2", {}, {good, bad}, {{0, "imported"}, {1, "imported"}});
  EXPECT_EQ(accepted(R"(rounds:
  - expect: {rebuilt: [app 3], imported: {error: x}}
  - expect: {rebuilt: [app 3], imported: ok}
)"),
            R"(rounds:
  - expect: {rebuilt: [app 3], imported: ok}
  - expect: {rebuilt: [app 3], imported: {error: 'not found \(404\)'}}
)");
  cases_.front().rounds[0].record.imports.clear();
  EXPECT_EQ(accepted("rounds: [{expect: {imported: ok}}, {expect: {rebuilt: none}}]\n"),
            "round 1 (round 1): line 3: the claim `imported` does not hold, and --accept cannot write it\n"
            "  to do: change it by hand");
}

TEST_F(Accept, AClaimBehindAnAliasIsRefused) {
  play("v0.34.2", {}, {built({cached}), built({rebuilt})}, {{0, "rebuilt"}});
  EXPECT_EQ(accepted("rounds: [{expect: &same {rebuilt: all}}, {expect: *same}]\n"),
            "round 1 (round 1): line 3 has an anchor, an alias or a tag: a change there would change other places\n"
            "  to do: write it out, or change it by hand");
}

} // namespace
} // namespace cacheproof::author
