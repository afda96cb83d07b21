// The GoogleTest runner of tests/scenarios: what ctest sees of a scenario.
#include "cli/program_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof {
namespace {

using testing::HasSubstr;

class RunnerTest : public ProgramTest {
protected:
  process::Finished run_runner(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), CACHEPROOF_RUNNER);
    process::Command command{std::move(arguments), environment(), folder_.path()};
    (*command.environment)["CACHEPROOF_SCENARIOS"] = (folder_.path() / "scenarios").string();
    (*command.environment)["CACHEPROOF_BUILDKIT"] = "v0.34.2";
    return process::run(command, {.timeout = std::chrono::minutes(5)}).value();
  }
};

class Runner : public RunnerTest {};

TEST_F(Runner, ListsOneCaseALineWithItsFilterAndLabels) {
  auto text = k_plain;
  replace(text, "files:", "tags: [basics, registry]\nfiles:");
  write("scenarios/a/plain.yaml", text);
  EXPECT_EQ(run_runner({"--list-cases"}).out, "a/plain.v0_34_2\ta_plain.v0_34_2\tbasics,registry\n");
}

TEST_F(Runner, AnInvalidFileIsOneFailingTestAtItsLine) {
  const auto file = write("scenarios/bad.yaml", with_second_round("rebuild: all"));
  write("scenarios/good.yaml", k_plain);
  EXPECT_EQ(run_runner({"--list-cases"}).out, "scenarios_are_valid\tScenarios.AreValid\tinvalid\n");
  const auto finished = run_runner({});
  EXPECT_EQ(finished.exit.code, 1);
  EXPECT_THAT(finished.out, HasSubstr(fmt::format("bad.yaml:{}: Failure", line_of(file, "rebuild: all"))));
}

class RunnerLive : public RunnerTest {
protected:
  void SetUp() override { skip_without_root(); }
};

TEST_F(RunnerLive, AWrongClaimFailsAtItsYamlLine) {
  const auto file = write("scenarios/wrong.yaml", with_second_round("rebuilt: none"));
  const auto finished = run_runner({});
  EXPECT_EQ(finished.exit.code, 1);
  EXPECT_THAT(finished.out, HasSubstr(fmt::format("wrong.yaml:{}: Failure", line_of(file, "rebuilt: none"))));
  EXPECT_THAT(finished.out, HasSubstr("+ app 4/4 COPY src src"));
}

TEST_F(RunnerLive, ARepositoryBehindAUrlIsCloned) {
  const auto made = process::run({.argv = {"/bin/sh",
                                           "-c",
                                           "export HOME=. GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a "
                                           "GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a && git init -q -b main there && "
                                           "cd there && printf 'FROM alpine AS app\\nRUN true\\n' >Dockerfile && "
                                           "git add . && git commit -q -m x"},
                                  .environment = {},
                                  .directory = folder_.path()});
  ASSERT_TRUE(made);
  if (!made->exit.ok()) GTEST_SKIP() << "there is no git";
  write("scenarios/cloned.yaml",
        "title: x\ngit: {repository: 'file://" + (folder_.path() / "there").string()
            + "', commit: main}\nsetup: {images: {alpine: busybox}}\nrounds: [{expect: {rebuilt: [app 2]}}]\n");
  const auto finished = run_runner({});
  EXPECT_EQ(finished.exit.code, 0) << finished.out << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("cloning file://"));
}

TEST_F(RunnerLive, ARightClaimPasses) {
  write("scenarios/plain.yaml", k_plain);
  const auto finished = run_runner({});
  EXPECT_EQ(finished.exit.code, 0) << finished.out << finished.err;
}

} // namespace
} // namespace cacheproof
