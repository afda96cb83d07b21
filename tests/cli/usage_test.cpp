// What needs no daemon: exit codes and texts of the command line.
#include "cli/program_fixture.hpp"
#include "toolchain/toolchain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>

namespace cacheproof {
namespace {

using testing::HasSubstr;

class Program : public ProgramTest {};

TEST_F(Program, AMisspeltKeyExitsThreeWithPlaceCaretAndSuggestion) {
  const auto file = write("typo.yaml", with_second_round("rebuild: [app 4]"));
  const auto line = line_of(file, "rebuild: [app 4]");
  for (const char* verb : {"run", "validate", "list"}) {
    const auto finished = run({verb, file});
    EXPECT_EQ(finished.exit.code, 3) << verb;
    EXPECT_THAT(finished.err, HasSubstr(fmt::format("typo.yaml:{}:7: error[", line)));
    EXPECT_THAT(finished.err, HasSubstr("unknown key 'rebuild': did you mean 'rebuilt'?"));
    EXPECT_THAT(finished.err, HasSubstr("rebuild: [app 4]\n      |       ^~~~~~~\n"));
  }
}

TEST_F(Program, OneInvalidFileAndNothingPlays) {
  write("a/good.yaml", k_plain);
  write("a/bad.yaml", "titel: x\n");
  const auto finished = run({"run", "a"});
  EXPECT_EQ(finished.exit.code, 3);
  EXPECT_EQ(finished.out, "");
}

TEST_F(Program, AStepThatDoesNotExistIsFoundBeforeAnythingRuns) {
  const auto finished = run({"validate", write("steps.yaml", with_second_round("rebuilt: [app 9]"))});
  EXPECT_EQ(finished.exit.code, 3);
  EXPECT_THAT(finished.err, HasSubstr("app 9"));
  EXPECT_THAT(finished.err, HasSubstr("COPY src src")) << "the stage's steps are listed";
}

TEST_F(Program, TheTypoOfTheIssueIsAWarning) {
  auto text = k_plain;
  replace(text, "mode=max", "mod=max");
  const auto finished = run({"validate", write("typo.yaml", text)});
  EXPECT_EQ(finished.exit.code, 0) << finished.err;
  EXPECT_THAT(finished.err,
              HasSubstr("warning[CP0102]: unknown cache attribute 'mod', BuildKit ignores it silently "
                        "(moby/buildkit#1515): did you mean 'mode'?"));
}

TEST_F(Program, MistakesArePrintedInTheFormatThatIsAskedFor) {
  const auto file = write("typo.yaml", with_second_round("rebuild: [app 4]"));
  const auto annotation =
      fmt::format("::error file=typo.yaml,line={},col=7,title=CP0003::unknown key 'rebuild': did you "
                  "mean 'rebuilt'?\n",
                  line_of(file, "rebuild: [app 4]"));
  for (const char* verb : {"run", "validate"}) {
    const auto github = run({verb, "--format=github", file});
    EXPECT_EQ(github.exit.code, 3) << verb;
    EXPECT_EQ(github.out, annotation) << verb;
    EXPECT_EQ(github.err, "") << verb;
    const auto json = run({verb, "--format", "json", file});
    EXPECT_EQ(json.exit.code, 3) << verb;
    EXPECT_EQ(nlohmann::json::parse(json.out).at("errors").at(0).at("code"), "CP0003") << verb;
  }
  const auto fine = run({"validate", "--format=json", write("plain.yaml", k_plain)});
  EXPECT_EQ(fine.exit.code, 0);
  EXPECT_EQ(fine.out, "{\n  \"errors\": [],\n  \"warnings\": []\n}\n");
  EXPECT_EQ(run({"validate", "--format=xml", file}).exit.code, 64);
}

TEST_F(Program, ValidScenariosAreCounted) {
  const auto finished = run({"validate", write("plain.yaml", k_plain)});
  EXPECT_EQ(finished.exit.code, 0) << finished.err;
  EXPECT_EQ(finished.out, "1 scenario is valid\n");
}

TEST_F(Program, ValidateShowsACommandLineAsKeysWhenAsked) {
  write("line.yaml",
        "title: t\nfiles: {Dockerfile: \"FROM scratch AS a\\nCOPY x .\\n\", x: \"\"}\n"
        "build: docker build --push --target a --cache-to ghcr.io/a/b:c .\nrounds: [{expect: {rebuilt: all}}]\n");
  const auto finished = run({"validate", "-v", "line.yaml"});
  EXPECT_EQ(finished.exit.code, 0) << finished.err;
  EXPECT_EQ(finished.out,
            "line.yaml:3: build:\n"
            "  target: a\n"
            "  cache_to: [\"${registry}/a/b:c\"]\n"
            "  # without a meaning here: --push\n"
            "  # 'ghcr.io' is '${registry}' here\n"
            "1 scenario is valid\n");
  EXPECT_EQ(run({"validate", "line.yaml"}).out, "1 scenario is valid\n");
}

TEST_F(Program, StepsPrintsThemAsBuildKitNamesThem) {
  write("Dockerfile",
        "ARG V=1\nFROM alpine AS base\nARG V\nRUN echo $V\nFROM base AS app\nCOPY . /app\nFROM alpine AS other\n");
  const auto steps = run({"steps", "--target", "app"});
  EXPECT_EQ(steps.exit.code, 0) << steps.err;
  EXPECT_EQ(steps.out,
            "Dockerfile, target app\n"
            "  base 1  [base 1/2] FROM alpine\n"
            "  base 2  [base 2/2] RUN echo 1\n"
            "  app 1   [app 1/1] COPY . /app\n"
            "  other is not needed\n");
  write("s.yaml",
        "title: t\nfiles: {Dockerfile: \"FROM alpine AS a\\nARG V\\nRUN echo $V\\n\"}\nmatrix: {v: [x, y]}\n"
        "build: {args: {V: \"${v}\"}}\nrounds: [{expect: {rebuilt: all}}]\n");
  EXPECT_EQ(run({"steps", "s.yaml"}).out, "Dockerfile\n  a 1  [1/2] FROM alpine\n  a 2  [2/2] RUN echo x\n");
  EXPECT_EQ(run({"steps", "missing"}).exit.code, 64);
  EXPECT_EQ(run({"steps", "--target", "nope"}).exit.code, 3);
}

TEST_F(Program, ListPrintsTheIdsThatAFilterSelectsFrom) {
  write("scenarios/a/plain.yaml", k_plain);
  const auto all = run({"list", "--buildkit", "v0.17.3,v0.34.2"});
  EXPECT_EQ(all.exit.code, 0) << all.err;
  EXPECT_THAT(all.out, HasSubstr("a/plain@v0.17.3\t"));
  EXPECT_THAT(all.out, HasSubstr("a/plain@v0.34.2\t"));
  EXPECT_THAT(run({"list", "--buildkit", "v0.17.3,v0.34.2", "--filter", "0.17"}).out,
              testing::Not(HasSubstr("a/plain@v0.34.2")));
  EXPECT_EQ(run({"list", "--buildkit", "v0.17.3,v0.34.2", "scenarios"}).out, all.out) << "a path may follow versions";
  EXPECT_EQ(run({"list", "--buildkit", "v0.17.3", "--buildkit", "v0.34.2"}).out, all.out);
  const auto invalid = write("typo.yaml", with_second_round("rebuild: [app 4]"));
  EXPECT_EQ(run({"run", "--buildkit", "v0.34.2", invalid}).exit.code, 3) << "to run too";
}

TEST_F(Program, ListPrintsTheMatrixForPrograms) {
  write("scenarios/a/plain.yaml", k_plain);
  const auto listed = run({"list", "--driver", "buildctl,buildx", "--buildx", "0.12.1", "--format", "json"});
  ASSERT_EQ(listed.exit.code, 0) << listed.err;
  const auto json = nlohmann::json::parse(listed.out);
  ASSERT_EQ(json.size(), 2U);
  EXPECT_EQ(json[0].at("id"), "a/plain@v0.34.2");
  EXPECT_EQ(json[0].at("driver"), "buildctl");
  EXPECT_EQ(json[1].at("id"), "a/plain@v0.34.2+buildx@v0.12.1");
  EXPECT_EQ(json[1].at("driver_version"), "v0.12.1");
  EXPECT_EQ(json[1].at("buildkit"), "v0.34.2");
  EXPECT_EQ(
      json[0].at("arguments"),
      nlohmann::json({"scenarios/a/plain.yaml", "--case=a/plain@v0.34.2", "--driver=buildctl", "--buildkit=v0.34.2"}));
  EXPECT_EQ(json[0].at("toolchains"), nlohmann::json({"buildkit v0.34.2"}));
  EXPECT_EQ(json[1].at("arguments").back(), "--buildx=v0.12.1");
  EXPECT_EQ(json[1].at("toolchains"), nlohmann::json({"buildkit v0.34.2", "buildx v0.12.1"}));
  EXPECT_EQ(run({"list", "--buildkit", "smoke", "--format", "json"}).out.find("\"id\": \"a/plain@v0.11.6\"")
                != std::string::npos,
            true);
}

TEST_F(Program, AFolderOfProgramsIsCalledByWhatTheySay) {
  write("scenarios/a/plain.yaml", k_plain);
  const auto says = [&](const std::string& program, const std::string& said) {
    write(program, "#!/bin/sh\necho " + said + "\n");
    std::filesystem::permissions(folder_.path() / program, std::filesystem::perms::owner_all);
  };
  says("own/bin/buildkitd", "buildkitd github.com/moby/buildkit v0.99.0-dev 0123");
  says("own/bin/buildctl", "");
  says("own/bin/buildx", "github.com/docker/buildx v0.12.1-3-gabc 0123");
  says("own/bin/dockerd", "Docker version 29.9.0-dev, build 0123");
  const std::vector<std::string> every{"list",
                                       "--driver=buildctl,buildx,docker",
                                       "--buildkit=path:own,v0.34.2",
                                       "--buildx=path:own",
                                       "--docker=v29.2.0,path:own"};
  std::string ids;
  for (const auto& line : util::lines(run(every).out)) ids += line.substr(0, line.find('\t')) + "\n";
  EXPECT_EQ(ids,
            "a/plain@v0.99.0-dev\n"
            "a/plain@v0.99.0-dev+buildx@v0.12.1-3-gabc\n"
            "a/plain@v0.34.2\n"
            "a/plain@v0.34.2+buildx@v0.12.1-3-gabc\n"
            "a/plain@docker@v29.2.0+buildx@v0.12.1-3-gabc\n"
            "a/plain@docker@v29.9.0-dev+buildx@v0.12.1-3-gabc\n");
  auto as_json = every;
  as_json.insert(as_json.end(), {"--format=json", "--case=a/plain@docker@v29.9.0-dev+buildx@v0.12.1-3-gabc"});
  const auto listed = run(as_json);
  ASSERT_EQ(listed.exit.code, 0) << listed.err;
  const auto one = nlohmann::json::parse(listed.out).at(0);
  const auto own = "path:" + (folder_.path() / "own").string();
  EXPECT_EQ(one.at("buildkit"), "") << "nobody says which one is in an engine that is not pinned";
  EXPECT_EQ(one.at("docker"), "v29.9.0-dev");
  EXPECT_EQ(one.at("arguments"),
            nlohmann::json({"scenarios/a/plain.yaml",
                            "--case=a/plain@docker@v29.9.0-dev+buildx@v0.12.1-3-gabc",
                            "--driver=docker",
                            "--buildx=" + own,
                            "--docker=" + own}));
  EXPECT_EQ(one.at("toolchains"), nlohmann::json::array()) << "it is all there";

  const auto twice = run({"list", "--driver=buildx", "--buildx=v0.12.1-3-gabc,path:own"});
  EXPECT_EQ(twice.exit.code, 64);
  EXPECT_THAT(twice.err, HasSubstr("--buildx names v0.12.1-3-gabc twice"));
  std::filesystem::remove(folder_.path() / "own/bin/dockerd");
  const auto none = run({"list", "--driver=docker", "--docker=path:own"});
  EXPECT_EQ(none.exit.code, 2);
  EXPECT_THAT(none.err, HasSubstr("own has no dockerd"));
}

/// In a container a case needs both, and is played by both.
TEST_F(Program, AListedCaseInAContainerNamesItsBuildKitAndItsEngine) {
  write("scenarios/a/plain.yaml", k_plain);
  const auto listed =
      run({"list", "--format=json", "--driver=docker-container", "--buildkit=v0.17.3", "--docker=v29.2.0"});
  ASSERT_EQ(listed.exit.code, 0) << listed.err;
  const auto one = nlohmann::json::parse(listed.out).at(0);
  const auto buildx = toolchain::default_version(toolchain::Kind::buildx);
  EXPECT_EQ(one.at("id"), "a/plain@v0.17.3+buildx@" + buildx + "+docker@v29.2.0");
  EXPECT_EQ(one.at("toolchains"), nlohmann::json({"buildkit v0.17.3", "docker v29.2.0", "buildx " + buildx}));
  std::vector<std::string> again{"list", "--format=json"};
  for (const auto& word : one.at("arguments")) again.push_back(word);
  const auto alone = run(again);
  ASSERT_EQ(alone.exit.code, 0) << alone.err;
  EXPECT_EQ(nlohmann::json::parse(alone.out).size(), 1U);
  EXPECT_EQ(nlohmann::json::parse(alone.out).at(0).at("id"), one.at("id"));
}

TEST_F(Program, TheArgumentsOfAListedCaseMeanItAlone) {
  auto twice = k_plain;
  replace(twice, "files:\n", "matrix: {mode: [min, \"max,compression=gzip\"]}\nfiles:\n");
  replace(twice, "mode=max", "mode=${mode}");
  write("scenarios/a/twice.yaml", twice);
  const std::vector<std::string> every{"list",
                                       "--driver",
                                       "buildctl,buildx,docker",
                                       "--buildkit",
                                       "v0.17.3,v0.34.2",
                                       "--docker",
                                       "29.2.0",
                                       "--format",
                                       "json"};
  const auto listed = run(every);
  ASSERT_EQ(listed.exit.code, 0) << listed.err;
  const auto cases = nlohmann::json::parse(listed.out);
  ASSERT_EQ(cases.size(), 10U);
  for (const auto& one : cases) {
    auto words = one.at("arguments").get<std::vector<std::string>>();
    words.insert(words.begin(), {"list", "--format", "json"});
    EXPECT_EQ(nlohmann::json::parse(run(words).out), nlohmann::json::array({one}));
  }
  const auto unknown = run({"list", "--case", "a/twice@v0.34.2"});
  EXPECT_EQ(unknown.exit.code, 2);
  EXPECT_EQ(unknown.err,
            "cacheproof: nothing was played: there is no case a/twice@v0.34.2\n"
            "  to do: `cacheproof list` with the same options prints the ids\n");
}

TEST_F(Program, AShardThatIsNoneIsWrongUsage) {
  const auto file = write("plain.yaml", k_plain);
  EXPECT_EQ(run({"run", file, "--shard", "4/3"}).exit.code, 64);
  const auto blind = run({"matrix", "--github", file, "--durations", "nowhere"});
  EXPECT_NE(blind.exit.code, 0) << "other shards may know what this one does not";
  EXPECT_THAT(blind.err, HasSubstr("nowhere/durations.json"));
}

TEST_F(Program, NothingSelectedIsNoPass) {
  write("scenarios/a/plain.yaml", k_plain);
  for (const char* verb : {"list", "run"}) {
    const auto finished = run({verb, "--filter", "nobody"});
    EXPECT_EQ(finished.exit.code, 2) << verb;
    EXPECT_THAT(finished.err, HasSubstr("no case matches the filter 'nobody'"));
  }
  for (const auto& words : std::vector<std::vector<std::string>>{{"--buildkit", ">=0.99"},
                                                                 {"--buildkit", "nobody"},
                                                                 {"--driver", "podman"},
                                                                 {"--buildx", "v0.12.1"},
                                                                 {"--docker", "v29.2.0"}})
    EXPECT_EQ(run({"list", words[0], words[1]}).exit.code, 64) << words[1];
}

TEST_F(Program, SchemaPrintsWhatIsCommittedForEditors) {
  const auto finished = run({"schema"});
  EXPECT_EQ(finished.exit.code, 0) << finished.err;
  EXPECT_EQ(finished.out, util::read_text(CACHEPROOF_SOURCE_DIR "/scenarios/schema.json").value());
}

TEST_F(Program, AFolderWithoutScenariosIsNeverGreen) {
  make_directories("empty");
  EXPECT_EQ(run({"validate", "empty"}).exit.code, 2);
  EXPECT_EQ(run({"run", "empty"}).exit.code, 2);
}

TEST_F(Program, WrongUsageExits64) {
  EXPECT_EQ(run({}).exit.code, 64);
  EXPECT_EQ(run({"fly"}).exit.code, 64);
  EXPECT_THAT(run({"fly"}).err, HasSubstr("there is no command 'fly'"));
  EXPECT_EQ(run({"run", "--fast"}).exit.code, 64);
  EXPECT_EQ(run({"show", "nowhere"}).exit.code, 64);
}

TEST_F(Program, HelpHasExamplesAndExitCodes) {
  const auto help = run({"--help"});
  EXPECT_EQ(help.exit.code, 0);
  EXPECT_THAT(help.out, HasSubstr("Examples:"));
  EXPECT_THAT(help.out, HasSubstr("Exit codes:"));
  EXPECT_THAT(run({"--version"}).out, testing::StartsWith("cacheproof "));
}

} // namespace
} // namespace cacheproof
