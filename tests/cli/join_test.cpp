// `join`, and what `run` leaves for it.
#include "cli/program_fixture.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <filesystem>

namespace cacheproof {
namespace {
namespace fs = std::filesystem;

using testing::HasSubstr;

/// The three recorded shards (tests/report/shards) in the folder of the test.
class Join : public ProgramTest {
protected:
  void SetUp() override {
    fs::copy(fs::path(CACHEPROOF_SOURCE_DIR) / "tests/report/shards", shards(), fs::copy_options::recursive);
  }
  fs::path shards() const { return folder_.path() / "shards"; }
  fs::path results_of(const char* key) const {
    for (const auto& entry : fs::recursive_directory_iterator(shards() / key))
      if (entry.path().filename() == "results.json") return entry.path();
    return {};
  }
  process::Finished join(std::vector<std::string> more) const {
    more.insert(more.begin(), {"join", "shards", "--out", "page"});
    return run(more);
  }
  std::string page() const { return read("page/index.html"); }
  /// Of whatever was red, nothing is left.
  void turn_green(const char* key) const {
    auto json = nlohmann::json::parse(util::read_text(results_of(key)).value());
    for (auto& one : json.at("cases")) {
      if (one.at("verdict") == "failed") one["verdict"] = "passed";
      one["rounds"] = nlohmann::json::array();
    }
    ASSERT_TRUE(util::write_text(results_of(key), json.dump()));
  }
};

constexpr const char* k_keys[] = {"buildkit-v0.11.6-1-1", "buildkit-v0.17.3-1-1", "buildkit-v0.34.2-1-1"};

TEST_F(Join, WritesThePageTheSummaryAndJUnitsFileAndEndsAsARunOfAllWould) {
  const auto red = join({"--expect-shards", "shards/plan.json", "--title", "Tonight", "--link", "https://x/1"});
  EXPECT_EQ(red.exit.code, 1) << red.err;
  EXPECT_EQ(red.out, read("page/summary.md"));
  EXPECT_THAT(red.out, HasSubstr("## ✗ Tonight\n\n3 shards: 3 failed, 5 passed, 1 skipped ("));
  EXPECT_THAT(page(), HasSubstr("<a href=\"https://x/1\">"));
  EXPECT_THAT(read("page/junit.xml"), HasSubstr("<testsuite name=\"v0.34.2\" tests=\"3\" failures=\"1\""));

  for (const auto* key : k_keys) turn_green(key);
  const auto green = join({"--expect-shards", "shards/plan.json"});
  EXPECT_EQ(green.exit.code, 0) << green.err;
  EXPECT_THAT(green.out, HasSubstr("## ✓ cacheproof\n\n3 shards: 8 passed, 1 skipped ("));
  EXPECT_EQ(join({"--expect-shards", "3"}).exit.code, 0);
  EXPECT_EQ(join({}).exit.code, 0);
}

TEST_F(Join, KeepsHowLongCasesTookForTheShardsOfANextNight) {
  write("page/durations.json", R"({"basics/gone@v0.34.2": 5, "basics/source_edit_keeps_packages@v0.11.6": 6})");
  join({});
  const auto durations = nlohmann::json::parse(read("page/durations.json"));
  EXPECT_EQ(durations.size(), 9U) << "eight were judged, and one was known before";
  EXPECT_EQ(durations.at("basics/gone@v0.34.2"), 5);
  EXPECT_GT(durations.at("basics/source_edit_keeps_packages@v0.11.6"), 6);
}

TEST_F(Join, AShardThatIsMissingIsRedAndItsCasesAreStillThere) {
  for (const auto* key : k_keys) turn_green(key);
  fs::remove_all(shards() / k_keys[1]);
  const auto joined = join({"--expect-shards", "shards/plan.json"});
  EXPECT_EQ(joined.exit.code, 2);
  EXPECT_THAT(joined.out, HasSubstr("3 shards: 1 trouble, 3 broken, 5 passed, 1 skipped"));
  EXPECT_THAT(joined.out, HasSubstr("- **BuildKit v0.17.3**: it left no results\n"));
  EXPECT_THAT(page(), HasSubstr("<th>v0.17.3</th>"));
  const auto counted = join({"--expect-shards", "3"});
  EXPECT_EQ(counted.exit.code, 2);
  EXPECT_THAT(counted.out, HasSubstr("- **shard 3 of 3**: it left no results\n"));
}

TEST_F(Join, AFileThatIsCutOffIsRedAndNamed) {
  for (const auto* key : k_keys) turn_green(key);
  const auto file = results_of(k_keys[2]);
  fs::resize_file(file, fs::file_size(file) / 2);
  for (const std::vector<std::string>& more :
       std::vector<std::vector<std::string>>{{"--expect-shards", "shards/plan.json"}, {}}) {
    const auto joined = join(more);
    EXPECT_EQ(joined.exit.code, 2);
    EXPECT_THAT(joined.out, HasSubstr("/results.json is no file of results that can be read: "));
  }
}

TEST_F(Join, TheResultsOfTwoRunsOfOneJobAndOfNoJobAreNotGuessedAt) {
  for (const auto* key : k_keys) turn_green(key);
  fs::copy(results_of(k_keys[0]).parent_path(), shards() / k_keys[0] / "again");
  fs::copy(results_of(k_keys[0]).parent_path(), shards() / "stranger");
  const auto joined = join({"--expect-shards", "shards/plan.json"});
  EXPECT_EQ(joined.exit.code, 2);
  EXPECT_THAT(
      joined.out,
      HasSubstr("- **BuildKit v0.11.6**: it left the results of 2 runs, and none can be told from the others\n"));
  EXPECT_THAT(joined.out, HasSubstr("- **stranger**: no job of the matrix has this name\n"));
}

TEST_F(Join, NothingAtAllIsNoPass) {
  fs::create_directory(folder_.path() / "empty");
  EXPECT_EQ(run({"join", "empty", "--out", "page"}).exit.code, 2);
}

TEST_F(Join, WrongUsageIsSaid) {
  EXPECT_EQ(join({"--expect-shards", "2"}).exit.code, 64) << "somebody else's are among them";
  EXPECT_EQ(run({"join", "nowhere", "--out", "page"}).exit.code, 64);
  ASSERT_TRUE(util::write_text(folder_.path() / "plan.json", R"({"include": [{"key": "k"}]})"));
  const auto none = join({"--expect-shards", "plan.json"});
  EXPECT_EQ(none.exit.code, 64);
  EXPECT_THAT(none.err, HasSubstr("plan.json has no jobs of a matrix: "));
  EXPECT_FALSE(fs::exists(folder_.path() / "page"));
}

/// `run`, whose cases are joined.
using JoinedRunLive = ProgramTest;

TEST_F(JoinedRunLive, LeavesResultsJUnitsFileAndAnnotations) {
  skip_without_root();
  const auto file = write("scenarios/plain.yaml", with_second_round("rebuilt: none"));
  const auto line = line_of(file, "rebuilt: none");
  const auto finished = run({"run", file, "--out", "out", "--junit", "junit.xml", "--format", "github"});
  ASSERT_EQ(finished.exit.code, 1) << finished.out << finished.err;
  EXPECT_THAT(finished.out,
              HasSubstr(fmt::format(
                  "\n::error file={},line={},col=16,title=plain@v0.34.2::one source file edited: rebuilt: 1 step ran "
                  "that the claim does not name\n",
                  file,
                  line)));
  const auto junit = util::read_text(folder_.path() / "junit.xml").value();
  EXPECT_THAT(junit,
              HasSubstr(fmt::format(
                  "<testcase classname=\"v0.34.2\" name=\"plain@v0.34.2\" file=\"{}\" line=\"{}\"", file, line)));
  EXPECT_THAT(junit, HasSubstr("<failure type=\"failed\" message=\"one source file edited: 1 step ran"));
  EXPECT_THAT(junit, HasSubstr("evidence: out/2"));
  const auto joined = run({"join", "out", "--out", "page", "--expect-shards", "1"});
  EXPECT_EQ(joined.exit.code, 1) << joined.err;
  EXPECT_THAT(joined.out, HasSubstr("1 shard: 1 failed"));
}

TEST_F(JoinedRunLive, AFileThatCannotBeWrittenIsSaidBeforeAnythingIsPlayed) {
  skip_without_root();
  const auto file = write("scenarios/plain.yaml", k_plain);
  const auto finished = run({"run", file, "--junit", "nowhere/junit.xml"});
  EXPECT_EQ(finished.exit.code, 2);
  EXPECT_THAT(finished.err, HasSubstr("nowhere/junit.xml"));
  EXPECT_THAT(finished.out, testing::Not(HasSubstr("to play")));
}

} // namespace
} // namespace cacheproof
