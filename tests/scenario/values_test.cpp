#include "scenario/read.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// What good texts mean.
namespace cacheproof::scenario {
namespace {

namespace fs = std::filesystem;

std::string said(const Reading& reading) {
  std::string all;
  for (const auto& each : reading.diagnostics) all += util::to_text(each);
  return all;
}

/// The scenario of a text without a title, context or rounds of its own.
Scenario read_good(const std::string& text, const std::string& rounds = "rounds: [{}]\n") {
  auto reading = read_text("title: x\nfiles: {Dockerfile: FROM scratch}\n" + text + rounds, "x.yaml");
  EXPECT_EQ(said(reading), "") << text;
  return std::move(reading.scenario.value());
}
Round read_round(const std::string& text) {
  return read_good("matrix: {mode: [max, min]}\n", "rounds:\n" + text).rounds.at(0);
}

std::optional<std::int64_t> time_of(const std::string& written) {
  return read_round("  - edit: [{touch: {path: a, mtime: " + written + "}}]\n").edits.at(0).mtime;
}

TEST(Times, AreRfc3339OrSecondsToTheNanosecond) {
  constexpr std::int64_t second = 1'000'000'000;
  EXPECT_EQ(time_of("2020-01-01T00:00:00Z"), 1'577'836'800 * second);
  EXPECT_EQ(time_of("\"2020-01-01T00:00:00.123456789Z\""), 1'577'836'800 * second + 123'456'789);
  EXPECT_EQ(time_of("2020-01-01t00:00:00.5z"), 1'577'836'800 * second + 500'000'000);
  EXPECT_EQ(time_of("2020-01-01 02:00:00+02:00"), 1'577'836'800 * second);
  EXPECT_EQ(time_of("2019-12-31T22:30:00-01:30"), 1'577'836'800 * second);
  EXPECT_EQ(time_of("2020-02-29T23:59:59Z"), 1'583'020'799 * second);
  EXPECT_EQ(time_of("1969-12-31T23:59:59.999999999Z"), -1);
  EXPECT_EQ(time_of("1577836800"), 1'577'836'800 * second);
  EXPECT_EQ(time_of("1.000000001"), second + 1);
  EXPECT_EQ(time_of("0"), 0);
}

TEST(Durations, AreSecondsUnlessTheySay) {
  EXPECT_EQ(read_good("").timeout, std::chrono::seconds(120));
  EXPECT_EQ(read_good("timeout: 30\n").timeout, std::chrono::seconds(30));
  EXPECT_EQ(read_good("timeout: 120 s\n").timeout, std::chrono::seconds(120));
  EXPECT_EQ(read_good("timeout: 2m\n").timeout, std::chrono::seconds(120));
  EXPECT_EQ(read_good("timeout: 2 min\n").timeout, std::chrono::seconds(120));
  EXPECT_EQ(read_good("timeout: 24h\n").timeout, std::chrono::seconds(86400));
}

TEST(Comparisons, AreReadWithEverySign) {
  const std::pair<const char*, const char*> table[] = {
      {"16", "16"}, {"\"<3\"", "< 3"}, {"\" <=  3 \"", "<= 3"}, {"\"> 3\"", "> 3"}, {"\">= 3\"", ">= 3"}, {"0", "0"}};
  for (const auto& [written, meant] : table) {
    const auto round = read_round(std::string("  - expect: {exported: {layers: ") + written + "}}\n");
    EXPECT_EQ(round.expect.exported->choose({})->value.layers->to_text(), meant);
  }
}

TEST(GoodTexts, OfFilesAreNeverInterpolated) {
  const auto reading = read_text("title: x\n"
                                 "files: {Dockerfile: \"ARG X\\nRUN echo ${X}\"}\n"
                                 "rounds:\n"
                                 "  - edit:\n"
                                 "      - write: {path: a, text: \"${A}\"}\n"
                                 "      - append: {path: a, text: \"${B\"}\n"
                                 "      - replace: {path: a, old: \"${C}\", new: \"$${D}\"}\n",
                                 "x.yaml");
  EXPECT_EQ(said(reading), "");
  ASSERT_TRUE(reading.scenario);
  EXPECT_EQ(std::get<InlineFiles>(reading.scenario->context).at(0).text, "ARG X\nRUN echo ${X}");
  const auto& edits = reading.scenario->rounds.at(0).edits;
  EXPECT_EQ(edits.at(0).text, "${A}");
  EXPECT_EQ(edits.at(1).text, "${B");
  EXPECT_EQ(edits.at(2).old, "${C}");
  EXPECT_EQ(edits.at(2).text, "$${D}");
}

TEST(GoodTexts, OfFilesMayBeMappings) {
  const auto reading = read_text("title: x\n"
                                 "files:\n"
                                 "  a: {text: \"${A}\", mode: 0755, mtime: 1.000000001}\n"
                                 "  b: {base64: eHk=}\n"
                                 "  c: {symlink: a}\n"
                                 "  d: {hardlink: a}\n"
                                 "  e: {dir: true, mode: 0700}\n"
                                 "  f.tar: {archive: {files: {x/y: {text: z, mtime: 7}, x/w: v}, mtime: 5}}\n"
                                 "rounds: [{}]\n",
                                 "x.yaml");
  EXPECT_EQ(said(reading), "");
  ASSERT_TRUE(reading.scenario);
  using Kind = InlineFile::Kind;
  const auto at = [](int line, int column) { return util::SourceSpot{"x.yaml", line, column}; };
  constexpr std::int64_t second = 1'000'000'000;
  const InlineFiles entries{{"x", "", at(8, 29), Kind::folder, {}, 5 * second, {}},
                            {"x/y", "z", at(8, 29), Kind::file, {}, 7 * second, {}},
                            {"x/w", "v", at(8, 55), Kind::file, {}, 5 * second, {}}};
  EXPECT_EQ(std::get<InlineFiles>(reading.scenario->context),
            (InlineFiles{{"a", "${A}", at(3, 3), Kind::file, 0755, second + 1, {}},
                         {"b", "xy", at(4, 3), Kind::file, {}, {}, {}},
                         {"c", "a", at(5, 3), Kind::symlink, {}, {}, {}},
                         {"d", "a", at(6, 3), Kind::hardlink, {}, {}, {}},
                         {"e", "", at(7, 3), Kind::folder, 0700, {}, {}},
                         {"f.tar", "", at(8, 3), Kind::archive, {}, {}, entries}}));
}

TEST(GoodTexts, KeepTheirVariablesForTheEngine) {
  const auto scenario =
      read_good("matrix: {mode: [max]}\nbuild: {target: \"${mode}\", args: {A: \"${registry}$${x}${context}\"}}\n");
  EXPECT_EQ(scenario.build.target->value, "${mode}");
  EXPECT_EQ(scenario.build.args.at(0).second.value, "${registry}$${x}${context}");
}

TEST(GoodTexts, AreWordsEvenWhereYamlSeesNumbersAndSwitches) {
  const auto scenario = read_good("tags: [on, yes, no, 20.10, 0x10, true, 1_000]\nmatrix: {v: [1.10, 1.1]}\n");
  EXPECT_EQ(scenario.tags, (std::vector<std::string>{"on", "yes", "no", "20.10", "0x10", "true", "1_000"}));
  EXPECT_EQ(scenario.matrix.at(0).second, (std::vector<std::string>{"1.10", "1.1"}));
}

TEST(GoodTexts, HaveTheirPaths) {
  const auto round = read_round("  - edit: [{delete: ./a//b/}, {touch: {path: \"a b\"}}, {touch: {path: ..a}}]\n");
  EXPECT_EQ(round.edits.at(0).path, "a/b");
  EXPECT_EQ(round.edits.at(1).path, "a b");
  EXPECT_EQ(round.edits.at(2).path, "..a");
}

TEST(Paths, AreAsLongAsTheKernelTakesThem) {
  const auto edit = [](std::size_t size) { return "  - edit: [{delete: " + std::string(size, 'a') + "}]\n"; };
  EXPECT_EQ(read_round(edit(4095)).edits.at(0).path.size(), 4095U);
  const auto reading = read_text("title: x\nfiles: {Dockerfile: FROM scratch}\nrounds:\n" + edit(4096), "x.yaml");
  ASSERT_EQ(reading.diagnostics.size(), 1U);
  EXPECT_EQ(reading.diagnostics[0].message, "a path has at most 4095 bytes");
}

TEST(Edits, KeepTheirKindOrderAndPlace) {
  const auto edits = read_round("  - edit:\n"
                                "      - write: {path: a, text: b, mtime: 1}\n"
                                "      - append: {path: a, text: c}\n"
                                "      - replace: {path: a, old: d, new: e}\n"
                                "      - delete: a\n"
                                "      - touch: {path: a}\n")
                         .edits;
  using Kind = Edit::Kind;
  const auto spot = [](int line) { return util::SourceSpot{"x.yaml", line, 9}; };
  EXPECT_EQ(edits,
            (std::vector<Edit>{{Kind::write, "a", "b", "", 1'000'000'000, spot(6)},
                               {Kind::append, "a", "c", "", {}, spot(7)},
                               {Kind::replace, "a", "e", "d", {}, spot(8)},
                               {Kind::remove, "a", "", "", {}, spot(9)},
                               {Kind::touch, "a", "", "", {}, spot(10)}}));
}

TEST(Claims, MayHaveAnAlternativeForEachCell) {
  const auto expect =
      read_round("  - expect:\n"
                 "      rebuilt:\n"
                 "        - {when: {mode: max}, steps: [app 2]}\n"
                 "        - {when: {}, steps: all}\n"
                 "      cached: [{when: {mode: [max, min]}, value: [app]}]\n"
                 "      exported: [{when: {mode: min}, layers: 3}, {when: {mode: max}, value: {layers: 4}}]\n"
                 "      status: [{when: {mode: min}, fails: x}, {when: {}, value: ok}]\n"
                 "      warnings: [{when: {mode: min}, value: [w]}, {when: {}, value: []}]\n")
          .expect;
  const Cell max{{"mode", "max"}};
  const Cell min{{"mode", "min"}};
  EXPECT_EQ(expect.rebuilt->choose(max)->value.steps.at(0).text, "app 2");
  EXPECT_EQ(expect.rebuilt->choose(max)->spot, (util::SourceSpot{"x.yaml", 7, 11}));
  EXPECT_EQ(expect.rebuilt->choose(min)->value.kind, StepSet::Kind::all);
  EXPECT_EQ(expect.cached->choose(min)->value.size(), 1U);
  EXPECT_EQ(expect.exported->choose(min)->value.layers->number, 3U);
  EXPECT_EQ(expect.exported->choose(max)->value.layers->number, 4U);
  EXPECT_EQ(expect.status->choose(min)->value.fails->value, "x");
  EXPECT_EQ(expect.status->choose(max)->value.fails, std::nullopt);
  EXPECT_EQ(expect.warnings->choose(min)->value.size(), 1U);
  EXPECT_EQ(expect.warnings->choose(max)->value.size(), 0U);
  EXPECT_FALSE(expect.unneeded);
}

TEST(Claims, OfAllNoneAndNothing) {
  const auto expect = read_round("  - expect: {rebuilt: none, warnings: [], status: ok}\n").expect;
  EXPECT_EQ(expect.rebuilt->choose({})->value.kind, StepSet::Kind::none);
  EXPECT_TRUE(expect.warnings->choose({})->value.empty());
  const auto listed = read_round("  - expect: {rebuilt: []}\n").expect;
  EXPECT_EQ(listed.rebuilt->choose({})->value.kind, StepSet::Kind::listed);
  EXPECT_FALSE(read_round("  - {}\n").expect.rebuilt);
}

TEST(Setup, QuotesAnEntityTagThatIsNot) {
  const auto reading = read_text("title: x\nfiles: {Dockerfile: FROM scratch}\nrounds: [{}]\nsetup:\n  http:\n"
                                 "    a: {text: x, etag: v1}\n"
                                 "    b: {text: x, etag: '\"v1\"'}\n"
                                 "    c: {text: x, etag: 'W/\"v1\"'}\n",
                                 "s.yaml");
  ASSERT_TRUE(reading.scenario);
  std::vector<std::string> tags;
  for (const auto& file : reading.scenario->http) tags.push_back(file.etag.value_or(""));
  EXPECT_EQ(tags, (std::vector<std::string>{"\"v1\"", "\"v1\"", "W/\"v1\""}));
}

TEST(Rounds, HaveANameInAnyCase) {
  const auto scenario = read_good("", "rounds: [{}, {name: mine}, {}]\n");
  EXPECT_EQ(scenario.rounds.at(0).name, "round 1");
  EXPECT_EQ(scenario.rounds.at(1).name, "mine");
  EXPECT_EQ(scenario.rounds.at(2).name, "round 3");
}

TEST(Aliases, StandForWhatTheyName) {
  const auto scenario =
      read_good("build: &b {args: &a {A: 1}, target: t}\n", "rounds: [{build: *b}, {build: {args: *a}}]\n");
  EXPECT_EQ(scenario.rounds.at(0).build.target->value, "t");
  EXPECT_EQ(scenario.rounds.at(1).build.args.at(0).first, "A");
}

TEST(ScenarioFiles, MayHaveAByteOrderMarkAndWindowsLines) {
  const auto reading = read_text("\xEF\xBB\xBFtitle: x\r\nfiles: {a: b}\r\nrounds:\r\n  - nam: y\r\n", "x.yaml");
  EXPECT_EQ(said(reading),
            "x.yaml:4:5: error[CP0003]: unknown key 'nam': did you mean 'name'?\n"
            "    4 |   - nam: y\n"
            "      |     ^~~\n");
}

TEST(ScenarioFiles, AreNamedByTheirPathBelowScenarios) {
  const std::string good = "title: x\nfiles: {a: b}\nrounds: [{}]\n";
  const auto id = [&](const char* file) { return read_text(good, file).scenario.value().id; };
  EXPECT_EQ(id("scenarios/registry/one.yaml"), "registry/one");
  EXPECT_EQ(id("/a/scenarios/b/scenarios/c/one.yaml"), "c/one");
  EXPECT_EQ(id("/elsewhere/one.yaml"), "one");
}

TEST(ScenarioFiles, ShouldBeNamedInSnakeCase) {
  const std::string good = "title: x\nfiles: {a: b}\nrounds: [{}]\n";
  const auto reading = read_text(good, "my-case.yaml");
  EXPECT_TRUE(reading.scenario) << "a warning only";
  EXPECT_EQ(said(reading),
            "my-case.yaml: warning[CP0021]: the file's name is not snake_case: it becomes a test's name, in which "
            "GoogleTest's filters dislike other signs\n");
  EXPECT_EQ(said(read_text(good + "allow: [odd_file_name]\n", "my-case.yaml")), "");
  EXPECT_EQ(said(read_text(good + "allow: [CP0021]\n", "my-case.yaml")), "");
}

TEST(ScenarioFiles, ThatCannotBeReadSayWhy) {
  const auto room = util::TempDir::create().value();
  const auto path = [&](const char* name) { return (room.path() / name).string(); };
  const std::string words = ": error[CP0001]: cannot read the scenario: ";
  EXPECT_EQ(said(read(path("nowhere.yaml"))), path("nowhere.yaml") + words + "there is no such file\n");
  EXPECT_EQ(said(read(room.path())), room.path().string() + words + "it is not a file\n");
  ASSERT_TRUE(util::write_text(path("big.yaml"), std::string(1024 * 1024 + 1, '#')));
  EXPECT_EQ(said(read(path("big.yaml"))), path("big.yaml") + words + "a scenario has at most 1 MiB\n");
}

TEST(ScenarioFiles, ThatAreNoTextSayWhere) {
  EXPECT_EQ(said(read_text("title: x\nabout: a\xFF\n", "x.yaml")),
            "x.yaml:2:9: error[CP0020]: the byte 0xFF is not UTF-8\n");
  EXPECT_EQ(said(read_text("title: a\x1B[2J\n", "x.yaml")),
            "x.yaml:1:9: error[CP0020]: the byte 0x1B is a control character\n")
      << "nor does a terminal get it";
}

} // namespace
} // namespace cacheproof::scenario
