// The three documents of a night, word by word. The shards' results were left by real runs of tests/nightly/scenarios
// (tests/report/shards/README.md); CACHEPROOF_ACCEPT=1 writes what is made of them now: read its difference then.
#include "report/documents.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>

namespace cacheproof::report {
namespace {
namespace fs = std::filesystem;

using evidence::Verdict;
using testing::HasSubstr;
using testing::Not;

const fs::path k_recorded = fs::path(CACHEPROOF_SOURCE_DIR) / "tests/report/shards";

/// The three shards, as `join` finds them. What was wrong with a file is said with a path of this machine, which is
/// left out.
std::vector<Shard> recorded() {
  const auto plan = nlohmann::json::parse(util::read_text(k_recorded / "plan.json").value());
  std::vector<Shard> shards;
  for (const auto& job : plan.at("include")) {
    const auto key = job.at("key").get<std::string>();
    const auto file = evidence::find_results(k_recorded / key).at(0);
    shards.push_back({.name = job.at("name").get<std::string>(),
                      .folder = file.parent_path().lexically_relative(k_recorded).string(),
                      .results = evidence::load_results(file),
                      .expected = job.at("ids").get<std::vector<std::string>>()});
  }
  return shards;
}

/// Their first is as it was recorded, the second has left nothing, and of the third there is a half.
std::vector<Shard> with_two_lost() {
  auto shards = recorded();
  shards.at(1).results = util::failure("it left no results");
  const auto whole = util::read_text(evidence::find_results(k_recorded / "buildkit-v0.34.2-1-1").at(0)).value();
  const auto half = util::TempDir::create().value();
  EXPECT_TRUE(util::write_text(half.path() / "results.json", whole.substr(0, whole.size() / 2)));
  shards.at(2).results = evidence::load_results(half.path() / "results.json");
  EXPECT_FALSE(shards.at(2).results);
  auto& what = shards.at(2).results.error().what;
  what.erase(0, half.path().string().size() + 1);
  return shards;
}

void expect_golden(const std::string& name, const std::string& made) {
  const auto file = fs::path(CACHEPROOF_SOURCE_DIR) / "tests/report/golden" / name;
  if (std::getenv("CACHEPROOF_ACCEPT")) {
    ASSERT_TRUE(util::write_text(file, made));
    GTEST_SKIP() << file << " was written: read the difference";
  }
  EXPECT_EQ(util::read_text(file).value_or("there is no such file"), made) << file;
}

class Documents : public testing::TestWithParam<const char*> {
protected:
  Joined joined() const { return join(GetParam() == std::string("all_three") ? recorded() : with_two_lost()); }
  std::string golden(const char* end) const { return std::string(GetParam()) + end; }
};
INSTANTIATE_TEST_SUITE_P(Recorded,
                         Documents,
                         testing::Values("all_three", "one_missing_one_cut_off"),
                         [](const auto& test) { return test.param; });

const Heading k_heading{.title = "Nightly of 2026-11-27", .link = "https://example.org/runs/7?a&b"};

TEST_P(Documents, ThePageIsAsAccepted) {
  expect_golden(golden(".html"), to_html(joined(), k_heading));
}
TEST_P(Documents, TheSummaryIsAsAccepted) {
  expect_golden(golden(".md"), to_markdown(joined(), k_heading));
}
TEST_P(Documents, JUnitsFileIsAsAccepted) {
  expect_golden(golden(".xml"), to_junit(joined()));
}

/// One shard of cases that failed, with texts as hostile as daemons' may be.
Joined many_failed(int count, const std::string& text) {
  Shard shard{.name = "one", .folder = "one", .results = evidence::RunResults{.ended = true}};
  for (int i = 0; i < count; ++i) {
    evidence::CaseResult result{.id = fmt::format("x/{:03}@v1.0.0", i), .title = text, .verdict = Verdict::failed};
    result.rounds = {
        {.name = "r", .verdict = Verdict::failed, .findings = {{.expectation = "rebuilt", .summary = text}}}};
    shard.results->planned.push_back(result.id);
    shard.results->cases.push_back(std::move(result));
  }
  return join({shard});
}

TEST(Document, NothingOfADaemonsTextIsMarkup) {
  const auto joined = many_failed(1, "<script>alert(\"1\")</script> & | `x` \x1b[2J");
  for (const auto& text : {to_html(joined, {}), to_markdown(joined, {}), to_junit(joined)}) {
    EXPECT_THAT(text, Not(HasSubstr("<script>")));
    EXPECT_THAT(text, HasSubstr("&lt;script&gt;alert("));
    EXPECT_THAT(text, HasSubstr("\\x1b[2J"));
  }
  EXPECT_THAT(to_markdown(joined, {}), HasSubstr("&amp; \\| \\`x\\`")) << "a bar would end the cell";
}

TEST(Document, NoNameOrErrorOfAShardIsMarkupOrNoUtf8) {
  const std::string hostile = "<b>\x1b[2J\xff";
  const evidence::CaseResult result{.id = "x/" + hostile + "@" + hostile,
                                    .scenario = hostile + ".yaml",
                                    .verdict = Verdict::failed,
                                    .folder = hostile};
  Shard read{.name = hostile, .folder = hostile, .results = evidence::RunResults{.ended = true}};
  read.results->planned = {result.id};
  read.results->cases = {result};
  const Shard unread{.name = hostile, .results = util::failure("cannot be read: " + hostile)};
  const auto joined = join({read, unread});
  for (const auto& text : {to_html(joined, {}), to_markdown(joined, {}), to_junit(joined)}) {
    EXPECT_EQ(text, util::to_utf8(text));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, Not(HasSubstr("<b>\\x1b")));
    EXPECT_THAT(text, HasSubstr("cannot be read: &lt;b&gt;"));
  }
}

TEST(Document, ASummaryCallsNobodyAndLinksNoIssue) {
  const auto summary = to_markdown(many_failed(1, "moby/buildkit#1515"), {});
  EXPECT_THAT(summary, HasSubstr("moby/buildkit#<!-- -->1515"));
  EXPECT_THAT(summary, HasSubstr("x/000@<!-- -->v1.0.0"));
}

TEST(Document, ASummaryIsNoLongerThanItMayBeAndSaysWhatItLeavesOut) {
  const auto joined = many_failed(300, std::string(50, 'x'));
  for (const std::size_t limit : {2'000U, 20'000U, 60'000U}) {
    const auto summary = to_markdown(joined, {}, limit);
    EXPECT_LE(summary.size(), limit);
    EXPECT_THAT(summary, HasSubstr(": see the page.\n")) << limit;
    EXPECT_THAT(summary, HasSubstr("300 failed"));
  }
}

/// One shard with one case of an engine, which ended so.
Joined one_of_an_engine(Verdict verdict, bool by_client) {
  Shard shard{.name = "one", .folder = "one", .results = evidence::RunResults{.ended = true}};
  evidence::CaseResult made{.id = "x/a@docker@v20.10.24+buildx@v0.36.1", .verdict = verdict, .by_client = by_client};
  if (verdict != Verdict::passed)
    made.rounds = {{.name = "r", .verdict = verdict, .findings = {{.expectation = "rebuilt", .summary = "so"}}}};
  shard.results->planned = {made.id};
  shard.results->cases = {made};
  return join({shard});
}

TEST(Document, KnownIssuesAreMarked) {
  const auto joined = one_of_an_engine(Verdict::known, false);
  EXPECT_THAT(to_html(joined, {}), HasSubstr("<th>docker v20.10.24<br>buildx v0.36.1</th>"));
  EXPECT_THAT(to_html(joined, {}), HasSubstr("<summary>1 case: r: so</summary>"));
  EXPECT_THAT(to_markdown(joined, {}), HasSubstr("Known issues:\n- 1 case: r: so\n"));
  EXPECT_THAT(to_junit(joined), HasSubstr("failures=\"0\" errors=\"0\""));
  EXPECT_THAT(to_junit(joined), HasSubstr("<system-out>known: r: so\n</system-out>"));
}

TEST(Document, WhatTheClientAloneToldIsLessCertainWhereverItsVerdictIs) {
  for (const auto verdict : {Verdict::passed, Verdict::known, Verdict::failed}) {
    const auto joined = one_of_an_engine(verdict, true);
    for (const auto& document : {to_html(joined, {}), to_markdown(joined, {})})
      EXPECT_THAT(document, HasSubstr(fmt::format("1 shard: 1 {} (1 less certain)", evidence::to_text(verdict))));
    EXPECT_THAT(to_html(joined, {}), HasSubstr("<small>less certain</small>"));
    EXPECT_THAT(to_junit(joined), HasSubstr("less certain"));
    if (verdict != Verdict::failed) continue;
    EXPECT_THAT(to_html(joined, {}), HasSubstr("✗ failed, less certain</span>"));
    EXPECT_THAT(to_markdown(joined, {}), HasSubstr("| failed, less certain | x/a |"));
    EXPECT_THAT(to_markdown(joined, {}), HasSubstr("<summary>failed, less certain x/a"));
    for (const auto& document : {to_html(joined, {}), to_markdown(joined, {}), to_junit(joined)})
      EXPECT_THAT(document, HasSubstr(std::string(evidence::k_less_certain) + "\nround &#39;r&#39; failed\n"));
    EXPECT_EQ(to_diagnostics(joined).at(0).message, "r: rebuilt: so (less certain)");
  }
  EXPECT_THAT(to_junit(one_of_an_engine(Verdict::known, true)), HasSubstr("known, less certain: r: so\n"));
  const auto certain = one_of_an_engine(Verdict::failed, false);
  for (const auto& document : {to_html(certain, {}), to_markdown(certain, {}), to_junit(certain)})
    EXPECT_THAT(document, Not(HasSubstr("less certain")));
}

} // namespace
} // namespace cacheproof::report
