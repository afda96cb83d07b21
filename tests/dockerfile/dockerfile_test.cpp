#include "dockerfile/dockerfile.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cacheproof::dockerfile {
namespace {

File parsed(std::string_view text, const std::map<std::string, std::string>& build_args = {}) {
  auto reading = read(text, "Dockerfile", build_args);
  for (const auto& diagnostic : reading.diagnostics) EXPECT_EQ(util::to_text(diagnostic), "");
  return reading.file.value_or(File{});
}

/// `build 2/5 @3 COPY x .`, one line per step.
std::string steps(const File& file) {
  std::string text;
  for (const auto& stage : file.stages)
    for (const auto& instruction : stage.instructions)
      if (instruction.number > 0)
        text += fmt::format("{} {}/{} @{}-{} {}\n",
                            stage.name,
                            instruction.number,
                            stage.total,
                            instruction.first_line,
                            instruction.last_line,
                            instruction.text);
  return text;
}

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

std::string complaint(std::string_view text) {
  const auto reading = read(text, "Dockerfile");
  EXPECT_FALSE(reading.file);
  std::string all;
  for (const auto& diagnostic : reading.diagnostics) all += util::to_text(diagnostic);
  return all;
}

TEST(Steps, AreNumberedAsBuildKitCounts) {
  EXPECT_EQ(
      steps(parsed("FROM alpine AS Build\nENV A=1\nWORKDIR /app\nARG B\nCOPY a .\nUSER root\nADD b .\nRUN c\nCMD d\n"
                   "FROM scratch\nCOPY --from=build /app /\nFROM build\nRUN e\n")),
      "build 1/5 @1-1 FROM alpine AS Build\n"
      "build 2/5 @3-3 WORKDIR /app\n"
      "build 3/5 @5-5 COPY a .\n"
      "build 4/5 @7-7 ADD b .\n"
      "build 5/5 @8-8 RUN c\n"
      "stage-1 1/1 @11-11 COPY --from=build /app /\n"
      "stage-2 1/1 @13-13 RUN e\n")
      << "an external base is 1, scratch and a stage are none, and only COPY, ADD, RUN, WORKDIR follow";
}

TEST(Steps, OfTheFirstScenarioAreThoseThatWereMeasured) {
  const auto text =
      util::read_text(std::string(CACHEPROOF_SOURCE_DIR) + "/scenarios/registry/asset_pipeline/Dockerfile");
  ASSERT_TRUE(text);
  const auto file = parsed(*text);
  std::string totals;
  for (const auto& stage : file.stages) totals += fmt::format("{}={} ", stage.name, stage.total);
  EXPECT_EQ(totals, "build-assets-less=4 build-node-modules=6 build-php=3 build-public=8 website-ssr=3 ");
  EXPECT_EQ(file.reachable(*file.find_target("")), (std::set<int>{0, 1, 3, 4})) << "build-php is not needed";
}

// Measured on v0.34.2: `[2/4] COPY`, the WORKDIR has no vertex.
TEST(Steps, AWorkdirThatIsTheRootCountsInTheTotalOnly) {
  const auto reading = read("FROM x\nWORKDIR /\nCOPY a .\nWORKDIR /app\nRUN b\n", "Dockerfile");
  ASSERT_TRUE(reading.file);
  std::vector<int> numbers;
  for (const auto& instruction : reading.file->stages[0].instructions) numbers.push_back(instruction.number);
  EXPECT_EQ(numbers, (std::vector<int>{1, 0, 2, 3, 4}));
  EXPECT_EQ(reading.file->stages[0].total, 5);
}

TEST(Lines, AreFoldedOverContinuationsCommentsAndEmptyLines) {
  EXPECT_EQ(
      steps(parsed("# a comment\n\nFROM alpine\nrun  apk add \\\n  # why\n\n   git \\  \n\t&& true\nRUN x\\\\\n")),
      "stage-0 1/3 @3-3 FROM alpine\n"
      "stage-0 2/3 @4-8 RUN apk add git && true\n"
      "stage-0 3/3 @9-9 RUN x\\\\\n")
      << "an escaped escape continues nothing";
}

TEST(Lines, OfWindowsAndWithAByteOrderMark) {
  EXPECT_EQ(steps(parsed("\xEF\xBB\xBF"
                         "FROM alpine\r\nRUN a \\\r\n b\r\n")),
            "stage-0 1/2 @1-1 FROM alpine\nstage-0 2/2 @2-3 RUN a b\n");
}

TEST(Lines, ContinueByTheEscapeThatTheDirectiveNames) {
  EXPECT_EQ(steps(parsed("# escape=`\nFROM alpine\nRUN a `\n b\nRUN c\\\nRUN d\n")),
            "stage-0 1/4 @2-2 FROM alpine\nstage-0 2/4 @3-4 RUN a b\nstage-0 3/4 @5-5 RUN c\\\n"
            "stage-0 4/4 @6-6 RUN d\n");
}

TEST(Heredocs, AreSkippedOver) {
  const auto file =
      parsed("FROM alpine\nRUN <<EOT\nFROM nothing\nRUN no step\nEOT\n"
             "COPY <<-\"a.txt\" <<b.txt /x/\nFROM\n\ta.txt\nCOPY\nb.txt\nRUN echo $((1<<3)) '<<no'\nRUN cat <<<x\n");
  EXPECT_EQ(steps(file),
            "stage-0 1/5 @1-1 FROM alpine\n"
            "stage-0 2/5 @2-5 RUN <<EOT\n"
            "stage-0 3/5 @6-10 COPY <<-\"a.txt\" <<b.txt /x/\n"
            "stage-0 4/5 @11-11 RUN echo $((1<<3)) '<<no'\n"
            "stage-0 5/5 @12-12 RUN cat <<<x\n");
  EXPECT_EQ(file.stages[0].instructions[2].heredocs, (std::vector<std::string>{"a.txt", "b.txt"}));
}

TEST(Lines, BelongToTheInstructionThatHoldsThem) {
  const auto file = parsed("FROM alpine\n\nRUN a \\\n b\nCOPY <<x /\ny\nx\n");
  EXPECT_EQ(file.instruction_at(2), nullptr);
  EXPECT_EQ(file.instruction_at(4), &file.stages[0].instructions[1]);
  EXPECT_EQ(file.instruction_at(7), &file.stages[0].instructions[2]);
  EXPECT_EQ(file.instruction_at(8), nullptr);
}

TEST(Heredocs, HaveNoPlaceInTheJsonForm) {
  EXPECT_EQ(steps(parsed("FROM alpine\nRUN [\"cat\", \" <<EOT \"]\nRUN x\n")),
            "stage-0 1/3 @1-1 FROM alpine\nstage-0 2/3 @2-2 RUN [\"cat\", \" <<EOT \"]\nstage-0 3/3 @3-3 RUN x\n");
}

TEST(Directives, TellTheLineOfTheSyntax) {
  EXPECT_EQ(parsed("# syntax=docker/dockerfile:1\nFROM a\n").syntax.line, 1);
  EXPECT_EQ(parsed("#escape = \\\n#SYNTAX = docker/dockerfile:1\nFROM a\n").syntax.line, 2);
  EXPECT_EQ(parsed("#!/usr/bin/env x\n# syntax=docker/dockerfile:1\nFROM a\n").syntax.line, 2);
  EXPECT_EQ(parsed("# a comment\n# syntax=docker/dockerfile:1\nFROM a\n").syntax.line, 0) << "a comment ends them";
  EXPECT_EQ(parsed("FROM a\n# syntax=docker/dockerfile:1\n").syntax.line, 0);
}

TEST(Directives, NameTheImageOfTheSyntax) {
  EXPECT_EQ(parsed("# syntax = docker/dockerfile:1  --flag\nFROM a\n").syntax.image, "docker/dockerfile:1");
  EXPECT_EQ(parsed("FROM a\n").syntax.image, "");
  const auto alone = syntax_of("#escape=`\n# syntax=docker/dockerfile:1 --flag\nARG A\nFROM b:${A}\n");
  EXPECT_EQ(alone.line, 2) << "although the rest cannot be read";
  EXPECT_EQ(alone.image, "docker/dockerfile:1");
}

TEST(References, NameStagesByNameOrNumber) {
  const auto file =
      parsed("FROM a AS one\nFROM b AS two\nCOPY --from=0 / /\nCOPY --from=ONE / /\nCOPY --from=busybox / /\n"
             "FROM two\nRUN --mount=type=bind,from=One,target=/x --mount=type=cache,target=/y x\n");
  ASSERT_EQ(file.stages.size(), 3u);
  EXPECT_EQ(file.stages[1].instructions[1].from, 0);
  EXPECT_EQ(file.stages[1].instructions[2].from, 0);
  EXPECT_EQ(file.stages[1].instructions[3].from, std::nullopt) << "an image";
  EXPECT_EQ(file.stages[2].base_stage, 1);
  EXPECT_EQ(file.stages[2].instructions[1].mounts, std::vector<int>{0});
  EXPECT_EQ(file.reachable(0), std::set<int>{0});
  EXPECT_EQ(file.reachable(2), (std::set<int>{0, 1, 2}));
}

TEST(References, ThatNameNoStageAreImages) {
  const auto file = parsed("ARG BASE=node:22\nFROM $BASE AS deps\nFROM golang AS tools\nFROM scratch AS app\n"
                           "COPY --from=DEPS /a /\nCOPY --from=nginx:1 /b /\n"
                           "RUN --mount=type=bind,from=busybox,target=/x --mount=type=bind,from=deps,target=/y z\n");
  EXPECT_EQ(file.images(2), (std::set<std::string>{"node:22", "nginx:1", "busybox"}));
  EXPECT_EQ(file.images(1), std::set<std::string>{"golang"});
}

TEST(Targets, AreFoundByNameByNumberAndByDefaultTheLast) {
  const auto file = parsed("FROM a AS one\nFROM b\n");
  EXPECT_EQ(file.find_target(""), 1);
  EXPECT_EQ(file.find_target("ONE"), 0);
  EXPECT_EQ(file.find_target("1"), 1);
  EXPECT_EQ(file.find_target("2"), std::nullopt);
  EXPECT_EQ(file.find_target("two"), std::nullopt);
}

TEST(Arguments, OfTheTopDecideTheBase) {
  const std::string text =
      "ARG V=3.20 KIND=${NONE:-tools}\nARG IMAGE=\"alpine:${V}\"\nFROM ${IMAGE} AS tools\nFROM $KIND\n"
      "FROM ${SET:+never}${V:+scratch}\n";
  const auto file = parsed(text);
  ASSERT_EQ(file.stages.size(), 3u);
  EXPECT_EQ(file.stages[0].base, "alpine:3.20");
  EXPECT_EQ(file.stages[1].base_stage, 0);
  EXPECT_EQ(file.stages[2].base, "scratch");
  EXPECT_EQ(file.stages[2].total, 0);
  EXPECT_EQ(parsed(text, {{"KIND", "busybox"}, {"V", "edge"}}).stages[0].base, "alpine:edge");
  EXPECT_EQ(parsed(text, {{"KIND", "busybox"}}).stages[1].base_stage, std::nullopt);
}

TEST(Arguments, KeepThePlatformAsWritten) {
  EXPECT_EQ(parsed("FROM --platform=$BUILDPLATFORM alpine\n").stages[0].platform, "$BUILDPLATFORM");
}

TEST(Unreadable, LinesAreShownWithACaret) {
  EXPECT_EQ(complaint("FROM alpine\n  RUNN apk add git\n"),
            "Dockerfile:2:3: error[CP0202]: cannot read this line: 'RUNN' is no instruction: did you mean 'RUN'?\n"
            "    2 |   RUNN apk add git\n"
            "      |   ^~~~~~~~~~~~~~~~\n");
}

TEST(Unreadable, ThingsAreErrorsAndNeverGuesses) {
  /// What is said of a line, which is shown with a caret under all of it.
  struct Bad {
    std::string text;
    int line;
    std::string said;
  };
  const std::vector<Bad> all{
      {"# escape=x\nFROM a\n", 1, "error[CP0203]: cannot read this directive: invalid escape 'x': it can be \\ or `"},
      {"# syntax=a\n# syntax=b\nFROM a\n",
       2,
       "error[CP0203]: cannot read this directive: only one 'syntax' directive can be used"},
      {"FROM a b\n", 1, "error[CP0204]: cannot read this FROM: it takes an image, or `image AS name`"},
      {"FROM a AS 1st\n",
       1,
       "error[CP0204]: cannot read this FROM: '1st' is no name for a stage: names begin with a letter and hold "
       "letters, "
       "digits, '-', '_' and '.'"},
      {"FROM ${X#y}\n",
       1,
       "error[CP0204]: cannot read this FROM: '${X#y}' is a substitution that cacheproof does not know"},
      {"FROM ${}\n", 1, "error[CP0204]: cannot read this FROM: '${}' names no argument"},
      {"FROM ${X\n", 1, "error[CP0204]: cannot read this FROM: a '${' is not closed"},
      {"FROM 'a\n", 1, "error[CP0204]: cannot read this FROM: a quote is not closed"},
      {"ARG A=${A\nFROM a\n", 1, "error[CP0206]: cannot read this ARG: a '${' is not closed"},
      {"ARG A='x\nFROM $A\n",
       2,
       "error[CP0207]: cannot read this FROM: no value is known for '$A': give its ARG above the first FROM a default"},
      {"FROM build-${TARGETARCH}\n",
       1,
       "error[CP0207]: cannot read this FROM: no value is known for 'TARGETARCH': give its ARG above the first FROM a "
       "default"},
      {"RUN x\nFROM a\n", 1, "error[CP0209]: RUN before the first FROM: only ARG may stand there"},
      {"FROM a\nCOPY --from=$X / /\n",
       2,
       "error[CP0210]: cannot read this COPY: its `from` holds a variable: name a stage, or define one with FROM and "
       "an "
       "ARG above the first FROM"},
      {"FROM a AS b\nCOPY --from=c / /\nFROM a AS c\n",
       2,
       "error[CP0211]: 'c' is no stage above this one: a stage can only use stages that are written above it"},
      {"FROM a\nCOPY --from=0 / /\n",
       2,
       "error[CP0211]: '0' is no stage above this one: a stage can only use stages that are written above it"},
  };
  for (const auto& [text, number, said] : all) {
    const auto line = util::lines(text)[static_cast<std::size_t>(number) - 1];
    EXPECT_EQ(complaint(text),
              fmt::format("Dockerfile:{0}:1: {1}\n    {0} | {2}\n      | ^{3}\n",
                          number,
                          said,
                          line,
                          std::string(line.size() - 1, '~')));
  }
  EXPECT_EQ(complaint(""), "Dockerfile: error[CP0201]: cannot read this Dockerfile: it has no FROM\n");
  EXPECT_EQ(
      complaint("FROM a\nRUN <<EOT\nx\n"),
      "Dockerfile:2:1: error[CP0205]: cannot read this instruction: its heredoc 'EOT' has no end: write a line that "
      "holds nothing but EOT\n"
      "    2 | RUN <<EOT\n"
      "      | ^\n");
}

TEST(Unreadable, ArgumentsGrowNoFurtherThanNamesDo) {
  std::string text = "ARG A0=0123456789\n";
  for (int i = 1; i < 64; ++i)
    text += "ARG A" + std::to_string(i) + "=$A" + std::to_string(i - 1) + "$A" + std::to_string(i - 1) + "\n";
  EXPECT_THAT(complaint(text + "FROM a\n"),
              testing::HasSubstr("Dockerfile:10:1: error[CP0206]: cannot read this ARG: its variables stand for more "
                                 "than 4096 bytes\n"));
  const auto deep = [&](int levels) {
    return "FROM " + repeated("${A:-", levels) + "b" + repeated("}", levels) + "\n";
  };
  EXPECT_EQ(parsed(deep(100)).stages[0].base, "b");
  EXPECT_THAT(complaint(deep(101)), testing::HasSubstr("substitutions stand deeper in each other than 100 levels"));
  EXPECT_THAT(complaint(deep(100'000)), testing::HasSubstr("substitutions stand deeper in each other than 100 levels"));
}

TEST(Unreadable, NoWordIsTooLongToBeSaid) {
  const std::string name(1'000'000, 'a');
  EXPECT_EQ(parsed("FROM a AS " + name + "\n").stages[0].name, name);
  EXPECT_EQ(parsed("FROM a\nRUN <<" + name + "\nx\n" + name + "\n").stages[0].instructions[1].heredocs,
            std::vector{name});
  EXPECT_EQ(parsed("# syntax=" + name + "\nFROM a\n").syntax.line, 1);
}

TEST(Unreadable, LinesAreAllToldAtOnce) {
  const auto reading = read("FROM a\nFOO\nBAR\n", "Dockerfile");
  EXPECT_EQ(reading.diagnostics.size(), 2u);
}

TEST(Onbuild, IsNoStepAndIsNoted) {
  const auto reading = read("FROM alpine\nONBUILD RUN x\nRUN y\n", "Dockerfile");
  ASSERT_TRUE(reading.file);
  EXPECT_EQ(reading.file->stages[0].total, 2);
  ASSERT_EQ(reading.diagnostics.size(), 1u);
  EXPECT_EQ(reading.diagnostics[0].code, "CP0208");
  EXPECT_EQ(reading.diagnostics[0].severity, util::Severity::warning);
}

} // namespace
} // namespace cacheproof::dockerfile
