// `new` and `run --accept` on projects as services have them: tests/projects.
#include "cli/program_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace cacheproof {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const fs::path k_source = CACHEPROOF_SOURCE_DIR;

class New : public ProgramTest {
protected:
  void copy_project(const std::string& name) const {
    fs::copy(k_source / "tests/projects" / name, folder_.path(), fs::copy_options::recursive);
  }
  int exit_of(const std::vector<std::string>& arguments, const std::string& out) const {
    const auto finished = run(arguments);
    EXPECT_EQ(finished.out + finished.err, out);
    return finished.exit.code.value_or(-1);
  }
};

TEST_F(New, WritesAScenarioOnce) {
  copy_project("node");
  EXPECT_EQ(exit_of({"new"}, R"(wrote edit_one_file.yaml
  cacheproof run edit_one_file.yaml            plays it
  cacheproof run --accept edit_one_file.yaml   writes what it sees into its claims
)"),
            0);
  const auto text = read("edit_one_file.yaml");
  EXPECT_EQ(exit_of({"new"}, R"(cacheproof: edit_one_file.yaml is there already
  to do: name another file: -o FILE
)"),
            64);
  EXPECT_EQ(read("edit_one_file.yaml"), text);
}

TEST_F(New, ItsPlaceIsInScenariosOrInCache) {
  copy_project("go");
  make_directories(".git");
  EXPECT_THAT(run({"new"}).out, HasSubstr("wrote cache/edit_one_file.yaml\n"));
  EXPECT_THAT(read("cache/edit_one_file.yaml"), HasSubstr("\ncontext: .. "));
  make_directories("scenarios");
  EXPECT_THAT(run({"new"}).out, HasSubstr("wrote scenarios/edit_one_file.yaml\n"));
  EXPECT_THAT(run({"new", "-o", "a/b/c.yaml"}).out, HasSubstr("wrote a/b/c.yaml\n"));
  EXPECT_THAT(read("a/b/c.yaml"), HasSubstr("\ncontext: ../.. "));
}

TEST_F(New, EveryTemplateIsValid) {
  copy_project("python");
  for (const std::string name : {"edit-one-file", "ci-to-laptop", "two-versions", "min-vs-max", "false-hit"}) {
    const auto made = run({"new", "--from", name, "-o", "new.yaml"});
    EXPECT_EQ(made.exit.code, 0) << made.err;
    const auto valid = run({"validate", "new.yaml"});
    EXPECT_EQ(valid.out + valid.err, "1 scenario is valid\n") << read("new.yaml");
    fs::remove(folder_.path() / "new.yaml");
  }
}

TEST_F(New, TheLineOfOnesOwnIsKept) {
  copy_project("node");
  const auto made = run({"new", "--", "docker", "buildx", "build", "--target", "service", "--label", "a=b c", "."});
  EXPECT_EQ(made.exit.code, 0) << made.err;
  EXPECT_THAT(read("edit_one_file.yaml"),
              HasSubstr("\nbuild: >-\n  docker buildx build --target service --label 'a=b c' .\n"));
  EXPECT_THAT(read("edit_one_file.yaml"), HasSubstr("\n  builder: kept "));
  EXPECT_EQ(run({"validate", "edit_one_file.yaml"}).out, "1 scenario is valid\n");
}

TEST_F(New, ALineThatCannotBeReadIsRefused) {
  copy_project("node");
  const auto made = run({"new", "--", "docker", "build", "--tarrget", "service", "."});
  EXPECT_EQ(made.exit.code, 3);
  EXPECT_THAT(made.err, HasSubstr("the command line:"));
  EXPECT_THAT(made.err, HasSubstr("did you mean '--target'?"));
  EXPECT_FALSE(fs::exists(folder_.path() / "edit_one_file.yaml"));
}

TEST_F(New, WithoutADockerfileItSaysWhereToStart) {
  const auto finished = run({"new"});
  EXPECT_EQ(finished.exit.code, 64);
  EXPECT_THAT(finished.err, HasSubstr("Dockerfile\n"));
  EXPECT_THAT(finished.err, HasSubstr("\n  to do: start it in the folder of the project, or give the command line"));
}

TEST_F(New, RunPlaysWhatItWrote) {
  skip_without_root();
  copy_project("go");
  const auto made = run({"new", "--run", "--from", "false-hit"});
  EXPECT_EQ(made.exit.code, 0) << made.out << made.err;
  EXPECT_THAT(made.out, testing::MatchesRegex("wrote false_hit.yaml\n.* registry: [^\n]*\n1 case to play\n.*"));
  EXPECT_THAT(made.out, HasSubstr("\n1 passed in "));
  EXPECT_EQ(run({"validate", "false_hit.yaml"}).out, "1 scenario is valid\n") << "it stays";
}

TEST_F(New, RunEndsAsItsPlayDoes) {
  skip_without_root();
  write("Dockerfile", "FROM busybox\nCOPY a.txt .\nRUN false\n");
  write("a.txt", "text\n");
  const auto made = run({"new", "--run"});
  EXPECT_EQ(made.exit.code, 1) << made.out << made.err;
  EXPECT_THAT(made.out, HasSubstr("1 failed in "));
  EXPECT_TRUE(fs::exists(folder_.path() / "edit_one_file.yaml"));
}

/// From nothing to a claim that holds: `new`, then `--accept`.
class NewLive : public New, public testing::WithParamInterface<std::pair<std::string, std::string>> {
protected:
  void SetUp() override { skip_without_root(); }
};

TEST_P(NewLive, AServiceGetsItsFirstClaim) {
  copy_project(GetParam().first);
  ASSERT_EQ(run({"new"}).exit.code, 0);
  const auto played = run({"run", "edit_one_file.yaml"});
  EXPECT_EQ(played.exit.code, 0) << played.out << played.err;
  // Another edit, of which --accept writes what it costs.
  const auto& [project, manifest] = GetParam();
  const auto round =
      fmt::format("  - name: {0} edited\n    edit:\n      - append: {{path: {0}, text: \"\\n\"}}\n", manifest);
  write("edit_one_file.yaml", read("edit_one_file.yaml") + round);
  const auto accepted = run({"run", "--accept", "edit_one_file.yaml"});
  EXPECT_EQ(accepted.exit.code, 0) << accepted.out << accepted.err;
  const auto golden = k_source / "tests/projects" / (project + ".accepted.yaml");
  const auto made = read("edit_one_file.yaml");
  if (std::getenv("CACHEPROOF_ACCEPT")) {
    ASSERT_TRUE(util::write_text(golden, made));
    GTEST_SKIP() << "written: read the difference";
  }
  EXPECT_EQ(made, util::read_text(golden).value_or("")) << accepted.out;
  if (project == "node") {
    EXPECT_THAT(util::read_text(k_source / "scenarios/README.md").value(), HasSubstr("```yaml\n" + made + "```\n"));
  }
  const auto again = run({"run", "edit_one_file.yaml"});
  EXPECT_EQ(again.exit.code, 0) << again.out << again.err;
}

INSTANTIATE_TEST_SUITE_P(Project,
                         NewLive,
                         testing::Values(std::pair("node", "package.json"),
                                         std::pair("go", "go.sum"),
                                         std::pair("python", "requirements.txt")),
                         [](const auto& project) { return project.param.first; });

} // namespace
} // namespace cacheproof
