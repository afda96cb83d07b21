// Scenarios that are played over all pairs of the versions that were asked for.
#include "cli/program_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace cacheproof {
namespace {

class Pairs : public ProgramTest {
protected:
  void SetUp() override {
    auto text = k_plain;
    replace(text, "setup:\n", "setup:\n  builder: {ci: {buildkit: \"${from}\"}, laptop: {buildkit: \"${to}\"}}\n");
    replace(text, "files:\n", "matrix: {from: buildkit, to: buildkit}\nfiles:\n");
    replace(text, "- name: first build\n", "- name: first build\n    builder: ci\n");
    replace(text, "- name: one source file edited\n", "- name: one source file edited\n    builder: laptop\n");
    write("scenarios/pair.yaml", text);
  }

  nlohmann::json json_of(std::vector<std::string> words) const {
    const auto finished = run(std::move(words));
    EXPECT_EQ(finished.exit.code, 0) << finished.err;
    return nlohmann::json::parse(finished.out);
  }
};

TEST_F(Pairs, AreListedEachWithTheArgumentsThatPlayItAlone) {
  const auto all = json_of({"list", "--format=json", "--buildkit=v0.11.6,v0.34.2"});
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[1].at("id"), "pair[from=v0.11.6,to=v0.34.2]@v0.11.6+v0.34.2");
  for (const auto& one : all) {
    std::vector<std::string> words{"list", "--format=json"};
    for (const auto& word : one.at("arguments")) words.push_back(word);
    const auto alone = json_of(words);
    ASSERT_EQ(alone.size(), 1U) << one.dump();
    EXPECT_EQ(alone[0].at("id"), one.at("id"));
    EXPECT_EQ(alone[0].at("toolchains"), one.at("toolchains"));
  }
}

TEST_F(Pairs, OfAGroupAreOneJobOfItsNight) {
  const auto jobs = json_of({"matrix", "--github", "--group=smoke", "--plan=plan.json"}).at("include");
  ASSERT_EQ(jobs.size(), 1U);
  EXPECT_EQ(jobs[0].at("key"), "buildkit-own-1-1");
  EXPECT_EQ(jobs[0].at("arguments"), "--buildkit v0.11.6,v0.17.3,v0.34.2 --own-versions only");
  EXPECT_EQ(nlohmann::json::parse(read("plan.json")).at("include").at(0).at("ids").size(), 9U);
}

} // namespace
} // namespace cacheproof
