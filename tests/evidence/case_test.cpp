#include "evidence/case.hpp"
#include "util/files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>

namespace cacheproof::evidence {
namespace {

/// A value in every field, so that one that is not saved shows.
RoundEvidence full_round() {
  Step shared;
  shared.kind = StepKind::step;
  shared.outcome = Outcome::rebuilt;
  shared.places = {{"build-assets-less", 2, 4, "WORKDIR /app", 6},
                   {"build-public", 2, 8, "WORKDIR /app", 24, "linux/arm64"}};
  shared.name = "[build-public 2/8] WORKDIR /app";
  shared.vertices = {"sha256:aa"};
  shared.inputs = {"sha256:bb"};
  shared.intervals = {{1, 2, true}, {3, 4, false}};
  shared.error = "none";
  shared.pulled = true;

  RoundEvidence round;
  round.number = 1;
  round.name = "one asset edited";
  round.spot = {"x.yaml", 31, 5};
  round.builder = "laptop";
  round.buildkit = "v0.34.2";
  round.requests = {"GET /f: 200"};
  round.changes = {"append assets/x (+10 bytes)"};
  round.command = "buildctl build";
  round.exit_code = 1;
  round.record = {"ref1",
                  "v0.34.2",
                  true,
                  "oops",
                  {shared},
                  {{"casing", "https://docs", 3}},
                  {{"r/app:cache", "not found"}},
                  {{"sha256:aa", "{}", {"sha256:bb"}, {6, 24}}}};
  round.caches = {{"r/app:cache", CacheShape::image_manifest, "sha256:cc", "application/x", {{"sha256:dd", 42}}, 7}};
  round.context.files["a/b"] = {"file", 0644, 1, 2, 3, 4, "to", "ee"};
  round.context_after = Fingerprint{{{"a/b", {"file", 0644, 1, 2, 3, 5, "to", "ff"}}}};
  round.lint = {"warning"};
  round.notes = {"note"};
  round.verdict = Verdict::failed;
  round.findings = {{"rebuilt", {"x.yaml", 40, 7}, "rebuilt: none", "it differs", {"a"}, {"b"}, {"c"}, {"d"}, {"- e"}}};
  round.broken = util::Error{util::Blame::interrupted, "what", "tried", "remedy"};
  round.duration = 5;
  round.timings = {{"build", 3}, {"read", 1}};
  return round;
}

CaseEvidence full_case() {
  CaseEvidence played;
  played.id = "registry/a[mode=max]@v0.34.2";
  played.title = "A title";
  played.scenario = "scenarios/registry/a.yaml";
  played.issues = {"https://github.com/moby/buildkit/issues/1515"};
  played.cell = {{"mode", "mode=max"}};
  played.buildkit = "v0.34.2";
  played.driver = "buildx";
  played.driver_version = "v0.36.1";
  played.frontend = "docker/dockerfile:1.9";
  played.programs = {"BuildKit: from the path /own, whose buildkitd says v0.34.2"};
  played.engine = "host";
  played.clean = CleanState{0, {"library/alpine"}, {"HOME=/h"}, false};
  played.images = {{"docker.io/library/alpine:latest", "sha256:ff"}};
  played.rounds = {full_round()};
  played.verdict = Verdict::failed;
  played.reason = "why";
  played.broken = util::Error{util::Blame::rig, "a", "b", "c"};
  played.duration = 6;
  played.timings = {{"open", 2}};
  return played;
}

TEST(Fingerprint, TellsWhereAnotherDiffers) {
  const FileState file{"file", 0644, 0, 0, 1, 2, "", "aa"};
  auto touched = file;
  touched.mtime = 3;
  const Fingerprint before{{{"a", file}, {"b", file}, {"d", file}}};
  EXPECT_EQ(differing_paths(before, before), std::vector<std::string>());
  EXPECT_EQ(differing_paths(before, {{{"b", touched}, {"c", file}, {"d", file}, {"e", file}}}),
            (std::vector<std::string>{"a", "b", "c", "e"}));
}

class Evidence : public testing::Test {
protected:
  void save_all(const CaseEvidence& played) const {
    ASSERT_TRUE(save(played, dir_.path()));
    for (const auto& round : played.rounds) ASSERT_TRUE(save(round, dir_.path()));
  }
  void change(const std::string& file, const std::string& old, const std::string& with) const {
    auto text = util::read_text(dir_.path() / file).value();
    const auto at = text.find(old);
    ASSERT_NE(at, std::string::npos) << old;
    ASSERT_TRUE(util::write_text(dir_.path() / file, text.replace(at, old.size(), with)));
  }
  std::string load_error() const {
    const auto loaded = load(dir_.path());
    return loaded ? "" : loaded.error().what;
  }

  util::TempDir dir_ = util::TempDir::create().value();
};

TEST_F(Evidence, ComesBackAsItWasSaved) {
  save_all(full_case());
  const auto loaded = load(dir_.path());
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(*loaded, full_case());
}

TEST_F(Evidence, OfSeveralBuildsOfARoundComesBack) {
  auto played = full_case();
  played.rounds.push_back(full_round());
  played.rounds.push_back(full_round());
  played.rounds[1].number = played.rounds[2].number = 2;
  played.rounds[1].entry = "alpha";
  played.rounds[2].entry = "beta";
  save_all(played);
  EXPECT_TRUE(std::filesystem::exists(dir_.path() / "round-2/beta/round.json"));
  const auto loaded = load(dir_.path());
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(*loaded, played);
  EXPECT_EQ(shown_name(played.rounds[2]), "one asset edited · beta");
}

TEST_F(Evidence, OfSeveralBuildsOfACommandLineComesBack) {
  auto played = full_case();
  played.rounds[0].record.steps[0].build = "alpha";
  save_all(played);
  const auto loaded = load(dir_.path());
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(*loaded, played);
}

TEST_F(Evidence, OfSeveralPlaysComesBack) {
  auto played = full_case();
  played.rounds.push_back(full_round());
  played.rounds[0].play = 1;
  played.rounds[1].play = 2;
  played.repeat = RepeatEvidence{2, {1, 2, 0.1, 0.9}, {0, 2, 0, 0.6}, "a rule", {"a note"}, full_round().findings};
  save_all(played);
  EXPECT_TRUE(std::filesystem::exists(dir_.path() / "play-2/round-1/round.json"));
  const auto loaded = load(dir_.path());
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(*loaded, played);
  EXPECT_EQ(shown_name(played.rounds[1]), "one asset edited · play 2");
}

TEST_F(Evidence, OfAProgramThatBuiltOneThingARoundIsRead) {
  auto played = full_case();
  played.rounds.push_back(full_round());
  played.rounds[1].number = 2;
  nlohmann::json saved = played;
  saved.erase("places");
  const auto loaded = saved.get<CaseEvidence>();
  ASSERT_EQ(loaded.rounds.size(), 2u);
  EXPECT_EQ(loaded.rounds[1].number, 2);
  nlohmann::json round = full_round();
  round.erase("entry");
  EXPECT_EQ(round.get<RoundEvidence>(), full_round());
}

TEST_F(Evidence, IsSavedAsTheJsonThatItIs) {
  auto round = full_round();
  for (const char* path : {"a\xFF", "\"b\"\n", "c d"})
    round.context.files[path] = {"link", 0777, 0, 0, 0, 0, "\\\xFF", ""};
  ASSERT_TRUE(save(round, dir_.path()));
  const auto saved = [&] { return nlohmann::json::parse(util::read_text(dir_.path() / "round-1/round.json").value()); };
  EXPECT_EQ(saved(), nlohmann::json(round));
  round.context.files.clear();
  ASSERT_TRUE(save(round, dir_.path()));
  EXPECT_EQ(saved(), nlohmann::json(round));
}

TEST_F(Evidence, OfAnEarlierProgramIsRead) {
  nlohmann::json json = full_round();
  for (const auto* key : {"timings", "builder", "buildkit", "requests"}) json.erase(key);
  auto round = full_round();
  round.timings = {};
  round.builder = round.buildkit = {};
  round.requests = {};
  EXPECT_EQ(json.get<RoundEvidence>(), round);
}

TEST_F(Evidence, EveryVerdictOutcomeKindAndShapeComesBack) {
  for (const auto verdict :
       {Verdict::passed, Verdict::failed, Verdict::known, Verdict::stale, Verdict::skipped, Verdict::broken})
    for (const auto outcome :
         {Outcome::rebuilt, Outcome::cached, Outcome::unneeded, Outcome::failed, Outcome::not_reached})
      for (const auto kind :
           {StepKind::step, StepKind::source, StepKind::internal, StepKind::cache_import, StepKind::cache_export})
        for (const auto shape :
             {CacheShape::absent, CacheShape::index, CacheShape::image_manifest, CacheShape::not_a_cache}) {
          auto round = full_round();
          round.verdict = verdict;
          round.record.steps[0].outcome = outcome;
          round.record.steps[0].kind = kind;
          round.caches[0].shape = shape;
          EXPECT_EQ(nlohmann::json(round).get<RoundEvidence>(), round);
        }
}

TEST_F(Evidence, BytesThatAreNotUtf8AreSavedAsReplacements) {
  auto round = full_round();
  round.record.error = "a\xFF";
  EXPECT_EQ(nlohmann::json::parse(nlohmann::json(round).dump()).get<RoundEvidence>().record.error, "a\xEF\xBF\xBD");
}

TEST_F(Evidence, EveryTextOfACaseMayHoldSuchBytes) {
  auto played = full_case();
  for (auto* text : {&played.id,
                     &played.title,
                     &played.scenario,
                     &played.issues[0],
                     &played.cell[0].first,
                     &played.cell[0].second,
                     &played.buildkit,
                     &played.driver,
                     &played.driver_version,
                     &played.programs[0],
                     &played.images[0].name,
                     &played.images[0].digest,
                     &played.reason,
                     &played.broken->what,
                     &played.broken->tried,
                     &played.broken->remedy,
                     &played.rounds[0].name,
                     &played.rounds[0].builder,
                     &played.rounds[0].buildkit,
                     &played.rounds[0].requests[0],
                     &played.rounds[0].command,
                     &played.rounds[0].spot.file,
                     &played.rounds[0].changes[0],
                     &played.rounds[0].lint[0],
                     &played.rounds[0].notes[0],
                     &played.rounds[0].caches[0].ref,
                     &played.rounds[0].caches[0].digest,
                     &played.rounds[0].caches[0].media_type,
                     &played.rounds[0].record.ref,
                     &played.rounds[0].record.builder,
                     &played.rounds[0].record.warnings[0].text,
                     &played.rounds[0].record.imports[0].error,
                     &played.rounds[0].record.graph[0].definition,
                     &played.rounds[0].findings[0].summary,
                     &played.rounds[0].findings[0].source_line}) {
    const auto kept = *text;
    *text = "a\xFF";
    save_all(played);
    EXPECT_TRUE(load(dir_.path())) << kept;
    *text = kept;
  }
}

TEST_F(Evidence, EveryBlameComesBack) {
  for (const auto blame :
       {util::Blame::rig, util::Blame::input, util::Blame::usage, util::Blame::interrupted, util::Blame::unable}) {
    auto round = full_round();
    round.broken->blame = blame;
    EXPECT_EQ(nlohmann::json(round).get<RoundEvidence>(), round);
  }
}

/// Whoever changes these files changes the format: what was saved before must still load, or the schema's number grows.
/// CACHEPROOF_ACCEPT=1 writes them again.
TEST_F(Evidence, HasTheFormatOfTheGoldenFiles) {
  const std::filesystem::path golden = CACHEPROOF_SOURCE_DIR "/tests/evidence/golden";
  if (std::getenv("CACHEPROOF_ACCEPT") != nullptr) {
    ASSERT_TRUE(save(full_case(), golden));
    ASSERT_TRUE(save(full_round(), golden));
    GTEST_SKIP() << "the golden files are written again: read their difference";
  }
  save_all(full_case());
  for (const auto* file : {"case.json", "round-1/round.json"})
    EXPECT_EQ(util::read_text(dir_.path() / file).value(), util::read_text(golden / file).value()) << file;
  const auto loaded = load(golden);
  ASSERT_TRUE(loaded) << loaded.error().what;
  EXPECT_EQ(*loaded, full_case());
}

TEST_F(Evidence, AMissingRoundIsAnErrorNotAShorterStory) {
  auto played = full_case();
  played.rounds.push_back(full_round());
  played.rounds[1].number = 2;
  ASSERT_TRUE(save(played, dir_.path()));
  ASSERT_TRUE(save(played.rounds[0], dir_.path()));
  EXPECT_THAT(load_error(), testing::HasSubstr("round-2"));
}

TEST_F(Evidence, AnotherVersionOrAWrongTypeIsNamedWithItsFile) {
  save_all(full_case());
  change("case.json", "cacheproof/case/1", "cacheproof/case/9");
  EXPECT_THAT(load_error(), testing::AllOf(testing::HasSubstr("case.json"), testing::HasSubstr("cacheproof/case/9")));
  save_all(full_case());
  change("round-1/round.json", "\"exit_code\": 1", "\"exit_code\": \"one\"");
  EXPECT_THAT(load_error(), testing::HasSubstr("round-1/round.json"));
  save_all(full_case());
  change("round-1/round.json", "\"outcome\": \"rebuilt\"", "\"outcome\": \"rebuild\"");
  EXPECT_THAT(load_error(), testing::HasSubstr("unknown value 'rebuild'"));
}

TEST_F(Evidence, CasesAreFoundBelowAFolder) {
  EXPECT_TRUE(find_cases(dir_.path()).empty());
  ASSERT_TRUE(save(full_case(), dir_.path() / "run" / "b"));
  ASSERT_TRUE(save(full_case(), dir_.path() / "run" / "a"));
  EXPECT_THAT(find_cases(dir_.path()), testing::ElementsAre(dir_.path() / "run" / "a", dir_.path() / "run" / "b"));
  EXPECT_THAT(find_cases(dir_.path() / "run" / "a"), testing::ElementsAre(dir_.path() / "run" / "a"));
}

TEST(Labels, NameEveryPlaceOfASharedStep) {
  EXPECT_EQ(label(full_round().record.steps[0]), "build-assets-less 2/4 = linux/arm64 build-public 2/8 WORKDIR /app");
  EXPECT_EQ(label(Place{"app", 3, 4, "RUN x", 3, {}}), "app 3");
  EXPECT_EQ(label(Place{"app", 3, 4, "RUN x", 3, "linux/arm64"}), "linux/arm64 app 3");
  Step internal;
  internal.name = "[internal] load build definition";
  EXPECT_EQ(label(internal), "[internal] load build definition");
}

TEST(Labels, BeginWithTheBuildWhereThereAreSeveral) {
  auto step = full_round().record.steps[0];
  step.build = "alpha";
  EXPECT_EQ(label(step), "alpha:build-assets-less 2/4 = linux/arm64 build-public 2/8 WORKDIR /app");
}

TEST(DistinctSteps, AreOfSeveralBuildsThoseThatAreWrittenAtOnePlace) {
  BuildRecord record;
  const auto add = [&](const char* build, int number) {
    Step step;
    step.build = build;
    step.places = {{"app", number, 3, "RUN x", 1}};
    record.steps.push_back(std::move(step));
  };
  add("a", 2);
  add("a", 3);
  add("b", 3);
  const std::vector<std::vector<const Step*>> builds{{&record.steps[0]}, {&record.steps[1], &record.steps[2]}};
  EXPECT_EQ(distinct_steps(record), builds);
  for (auto& step : record.steps) step.build.clear(); // of one build all are apart
  EXPECT_EQ(distinct_steps(record).size(), 3U);
}

} // namespace
} // namespace cacheproof::evidence
