// `cacheproof explain`: every code has a text, and its examples are true.
#include "cli/explanations.hpp"
#include "cli/program_fixture.hpp"
#include "engine/load.hpp"
#include "scenario/agreement.hpp"
#include "scenario/codes.hpp"
#include "util/diagnostic_format.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

namespace cacheproof {
namespace {

namespace fs = std::filesystem;
const fs::path k_source = CACHEPROOF_SOURCE_DIR;

std::vector<cli::Explanation> all() {
  auto both = cli::explanations_of_files();
  both.insert(both.end(), cli::explanations_of_builds().begin(), cli::explanations_of_builds().end());
  return both;
}

class Explanations : public ProgramTest {
protected:
  /// What is said of an example, in the words of `validate`, with the folder left out.
  std::string said_of(std::string_view file, std::string_view text, std::set<std::string>& codes) const {
    if (!text.empty()) write(std::string(file), std::string(text));
    auto loaded = engine::load({folder_.path() / file});
    for (auto& each : loaded.diagnostics) {
      codes.insert(each.code);
      // The libraries' own words change with their versions.
      for (const std::string_view ours : {"not YAML: ", "not a regular expression (RE2): "})
        if (each.message.starts_with(ours)) each.message = std::string(ours) + "(…)";
    }
    auto said = util::to_text(loaded.diagnostics);
    const auto folder = fs::path(folder_.path() / "").string();
    for (std::size_t at; (at = said.find(folder)) != std::string::npos;) said.erase(at, folder.size());
    return said;
  }
};

/// Whether something in the sources reports it: a code may be there before what finds it.
bool is_found(std::string_view name) {
  for (const auto& entry : fs::recursive_directory_iterator(k_source / "src"))
    if (entry.path().extension() == ".cpp" && entry.path().filename() != "codes.cpp"
        && util::read_text(entry.path()).value().find("codes::k_" + std::string(name)) != std::string::npos)
      return true;
  return false;
}

TEST_F(Explanations, HaveATextForEveryCodeOfTheSources) {
  std::set<std::string> used;
  const std::regex code("\"(CP[0-9]{4})\"");
  for (const auto& entry : fs::recursive_directory_iterator(k_source / "src")) {
    if (entry.path().extension() != ".cpp" && entry.path().extension() != ".hpp") continue;
    if (entry.path().parent_path().filename() == "cli") continue;
    const auto text = util::read_text(entry.path()).value();
    for (std::sregex_iterator at(text.begin(), text.end(), code), end; at != end; ++at) used.insert((*at)[1]);
  }
  std::set<std::string> told;
  for (const auto& each : all()) told.insert(std::string(each.code));
  EXPECT_EQ(used, told) << "src/cli/explanations_*.cpp has the texts";
}

TEST_F(Explanations, HaveABadExampleWithExactlyThatCodeAndAGoodOneWithNone) {
  std::string golden;
  for (const auto& each : all()) {
    if (each.good.empty()) {
      EXPECT_FALSE(is_found(each.name)) << each.code << " is found by now: give it a bad and a good example";
      continue;
    }
    std::set<std::string> codes;
    const auto said = said_of(each.bad_file, each.bad, codes);
    EXPECT_EQ(codes, std::set<std::string>{std::string(each.code)}) << each.bad << said;
    golden += "# " + std::string(each.code) + "\n" + said;
    codes.clear();
    EXPECT_EQ(said_of(each.good_file, each.good, codes), "") << each.code << "\n" << each.good;
  }
  // The whole text of each, once.
  const auto file = k_source / "tests/cli/explained.txt";
  if (std::getenv("CACHEPROOF_ACCEPT")) {
    ASSERT_TRUE(util::write_text(file, golden));
    GTEST_SKIP() << "accepted what is said now";
  }
  EXPECT_EQ(util::read_text(file).value_or(""), golden);
}

TEST_F(Explanations, AgreeWithTheSchema) {
  std::vector<scenario::Document> examples;
  for (const auto& each : all()) {
    examples.push_back({std::string(each.code) + ", bad", each.bad});
    examples.push_back({std::string(each.code) + ", good", each.good});
  }
  std::erase_if(examples, [](const auto& each) { return each.text.empty(); });
  scenario::expect_schema_agrees(examples, 4);
}

/// A lint says whose trouble it comes from: where it is met, and where it is explained.
TEST_F(Explanations, OfLintsCiteAPublicIssue) {
  const std::regex issue("[a-z-]+/[a-z-]+#[0-9]+");
  for (const auto& code : scenario::all_codes()) {
    if (code.severity != util::Severity::warning || !code.code.starts_with("CP01")) continue;
    const auto texts = all();
    const auto text =
        std::find_if(texts.begin(), texts.end(), [&](const auto& each) { return each.code == code.code; });
    ASSERT_NE(text, texts.end()) << code.code;
    EXPECT_TRUE(std::regex_search(std::string(text->text), issue)) << code.code << ": " << text->text;
    std::set<std::string> codes;
    const auto said = said_of(text->bad_file, text->bad, codes);
    EXPECT_TRUE(std::regex_search(said, issue)) << said;
  }
}

TEST_F(Explanations, ArePrintedByCodeOrName) {
  const auto story = [](const std::string& target) {
    return "    title: Editing a source file keeps the packages\n"
           "    build: {target: "
           + target
           + "}\n"
             "    files:\n"
             "      Dockerfile: |\n"
             "        FROM busybox AS app\n"
             "        COPY src src\n"
             "        RUN cp -r src /built\n"
             "      src/main.js: hello\n"
             "    rounds:\n"
             "      - expect: {rebuilt: all}\n"
             "      - edit:\n"
             "          - append: {path: src/main.js, text: \"!\"}\n"
             "        expect: {rebuilt: [app 2-3]}\n";
  };
  const auto by_code = run({"explain", "cp0114"});
  EXPECT_EQ(by_code.out,
            "CP0114 unknown_target\n\n"
            "`target` names a stage that the Dockerfile does not have.\n\n"
            "Bad:\n\n"
                + story("api") + "\nGood:\n\n" + story("app"));
  EXPECT_EQ(run({"explain", "unknown_target"}).out, by_code.out);
  EXPECT_THAT(run({"explain"}).out, testing::HasSubstr("CP0102  unknown_cache_attribute\n"));
}

TEST_F(Explanations, OfAnUnknownCodeSuggestTheNearest) {
  const auto near = run({"explain", "unknown_cache_atribute"});
  EXPECT_EQ(near.exit.code, 64);
  EXPECT_EQ(near.err,
            "cacheproof: there is no diagnostic 'unknown_cache_atribute'\n"
            "  to do: did you mean 'unknown_cache_attribute'?\n");
  const auto far = run({"explain", "weather"});
  EXPECT_EQ(far.err, "cacheproof: there is no diagnostic 'weather'\n  to do: `cacheproof explain` lists all of them\n");
}

} // namespace
} // namespace cacheproof
