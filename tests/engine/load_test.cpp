#include "engine/load.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Loading : public testing::Test {
protected:
  void write(const std::string& name, const std::string& text) const {
    const auto path = dir_.path() / name;
    ASSERT_TRUE(util::make_directories(path.parent_path()));
    ASSERT_TRUE(util::write_text(path, text));
  }
  /// A scenario of two rounds; `edit` and `expect` are those of the second.
  void write_scenario(const std::string& edit, const std::string& expect, const std::string& build = "{}") const {
    write("s.yaml",
          "title: t\nfiles:\n  Dockerfile: |\n    FROM alpine AS app\n    COPY a .\n    RUN make\n  a: one\nbuild: "
              + build + "\nrounds:\n  - {name: first}\n  - edit: [" + edit + "]\n    expect: {" + expect + "}\n");
  }
  Loaded load_all() const { return load({dir_.path()}); }
  /// The codes of what was found, in order.
  std::vector<std::string> codes() const {
    std::vector<std::string> all;
    for (const auto& one : load_all().diagnostics) all.push_back(one.name);
    return all;
  }

  util::TempDir dir_ = util::TempDir::create().value();
};

const std::string k_good = "append: {path: a, text: x}";

TEST_F(Loading, AGoodScenarioHasNothingToSay) {
  write_scenario("{" + k_good + "}", "rebuilt: [app 2-3, app RUN make]");
  EXPECT_THAT(codes(), IsEmpty());
  EXPECT_EQ(load_all().scenarios.size(), 1U);
}

TEST_F(Loading, AStepThatIsNotThereIsFoundWithTheStagesSteps) {
  write_scenario("{" + k_good + "}", "rebuilt: [app 9]");
  const auto loaded = load_all();
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_EQ(loaded.diagnostics[0].name, "unknown_step");
  EXPECT_THAT(loaded.diagnostics[0].hint, HasSubstr("app 3/3 RUN make"));
}

TEST_F(Loading, ARangePastTheEndOfAStageIsFound) {
  write_scenario("{" + k_good + "}", "rebuilt: [app 2-99]");
  EXPECT_THAT(codes(), ElementsAre("unknown_step"));
}

TEST_F(Loading, AStageThatIsNotThereIsFoundWithASuggestion) {
  write_scenario("{" + k_good + "}", "cached: [apq 2]");
  const auto loaded = load_all();
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_EQ(loaded.diagnostics[0].name, "unknown_stage");
  EXPECT_EQ(loaded.diagnostics[0].hint, "did you mean 'app'?");
}

TEST_F(Loading, APlatformThatTheBuildIsNotForIsFound) {
  const auto said = [&](const std::string& platforms) {
    write_scenario("{" + k_good + "}", "rebuilt: [linux/arm64 app 2]", "{platforms: " + platforms + "}");
    return codes();
  };
  EXPECT_THAT(said("[linux/amd64, linux/arm64/v8]"), IsEmpty());
  EXPECT_THAT(said("[linux/amd64, linux/arm/v7]"), ElementsAre("unknown_platform"));
  EXPECT_THAT(said("[linux/arm64]"), ElementsAre("unknown_platform")) << "its steps have none then";
}

TEST_F(Loading, ReferencesAreHeldAgainstTheDockerfileAsTheEditsLeaveIt) {
  write_scenario("{append: {path: Dockerfile, text: \"RUN more\\n\"}}", "rebuilt: [app RUN more]");
  EXPECT_THAT(codes(), IsEmpty());
  write_scenario("{replace: {path: Dockerfile, old: RUN make, new: RUN take}}", "rebuilt: [app RUN make]");
  EXPECT_THAT(codes(), ElementsAre("unknown_step"));
}

TEST_F(Loading, EditsThatDoNotFitAreFound) {
  write_scenario(
      "{append: {path: missing, text: x}}, {replace: {path: a, old: two, new: x}}, {write: {path: a, text: one}}",
      "rebuilt: all");
  EXPECT_THAT(codes(), ElementsAre("bad_edit", "bad_edit", "bad_edit"));
}

TEST_F(Loading, ATargetThatIsNotThereIsFound) {
  write_scenario("{" + k_good + "}", "rebuilt: all", "{target: website}");
  EXPECT_THAT(codes(), ElementsAre("unknown_target"));
}

TEST_F(Loading, ADockerfileThatIsNotThereIsFound) {
  write_scenario("{delete: Dockerfile}", "rebuilt: all");
  EXPECT_THAT(codes(), ElementsAre("no_dockerfile"));
}

TEST_F(Loading, TheTypoIsAWarningOnceUnlessItIsAllowed) {
  const std::string build = "{cache_to: [\"type=registry,ref=${registry}/a:b,mod=max\"]}";
  write_scenario("{" + k_good + "}", "rebuilt: all", build);
  EXPECT_THAT(codes(), ElementsAre("unknown_cache_attribute"));
  EXPECT_FALSE(util::any_error(load_all().diagnostics));
  write_scenario("{" + k_good + "}", "rebuilt: all", build + "\nallow: [unknown_cache_attribute]");
  EXPECT_THAT(codes(), IsEmpty());
}

TEST_F(Loading, YamlWithinAContextIsBuildInputNotAScenario) {
  write("s.yaml", "title: t\ncontext: ctx\nrounds:\n  - expect: {rebuilt: all}\n");
  write("ctx/Dockerfile", "FROM alpine\nCOPY . .\n");
  write("ctx/compose.yaml", "services: {}\n");
  EXPECT_THAT(codes(), IsEmpty());
  write("other.yaml", "services: {}\n");
  EXPECT_FALSE(codes().empty()) << "beside a context it is a scenario";
}

TEST_F(Loading, AScenarioThatClaimsNothingIsRefused) {
  write("s.yaml", "title: t\nfiles: {Dockerfile: FROM scratch}\nrounds:\n  - {name: first}\n");
  EXPECT_THAT(codes(), ElementsAre("empty_claim"));
}

TEST_F(Loading, TheNearestPinnedVersionIsSuggested) {
  write("s.yaml",
        "title: t\nsetup: {builder: {ci: {buildkit: v0.34.x}}}\nfiles: {Dockerfile: FROM scratch}\n"
        "rounds:\n  - expect: {rebuilt: all}\n");
  const auto loaded = load_all();
  ASSERT_EQ(loaded.diagnostics.size(), 1U);
  EXPECT_EQ(loaded.diagnostics[0].message, "'v0.34.x' is no version");
  EXPECT_EQ(loaded.diagnostics[0].hint, "did you mean 'v0.34.2'?");
}

TEST_F(Loading, AFileThatIsNotThereIsAnError) {
  EXPECT_TRUE(util::any_error(load({dir_.path() / "missing.yaml"}).diagnostics));
}

} // namespace
} // namespace cacheproof::engine
