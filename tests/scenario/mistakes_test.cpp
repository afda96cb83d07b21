#include "scenario/mistakes.hpp"
#include "scenario/read.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

// What the reader says of bad texts, word by word. CACHEPROOF_ACCEPT=1 writes what is said now into the files; read
// their difference then.
namespace cacheproof::scenario {
namespace {

namespace fs = std::filesystem;

std::string said_of(const std::string& text) {
  std::string said;
  for (auto each :
       read_text(whole(text), "x.yaml", {{"buildkit", {"v0.17.3", "v0.34.2"}}, {"buildx", {"v0.36.1"}}}).diagnostics) {
    // The libraries' own words change with their versions.
    for (const std::string_view ours : {"not YAML: ", "not a regular expression (RE2): "})
      if (each.message.starts_with(ours)) each.message = std::string(ours) + "(…)";
    said += util::to_text(each);
  }
  return said.empty() ? "nothing\n" : said;
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const auto& entry : fs::directory_iterator(k_mistakes)) all.push_back(entry.path().stem().string());
  std::sort(all.begin(), all.end());
  return all;
}

class Mistakes : public testing::TestWithParam<std::string> {};

TEST_P(Mistakes, AreToldInTheseWords) {
  const auto file = k_mistakes / (GetParam() + ".txt");
  const auto cases = mistakes_of(util::read_text(file).value());
  ASSERT_FALSE(cases.empty());
  const bool accept = std::getenv("CACHEPROOF_ACCEPT") != nullptr;
  std::string accepted;
  for (const auto& each : cases) {
    const auto said = said_of(each.text);
    accepted += each.text + std::string(k_middle) + said + std::string(k_end);
    if (!accept) {
      EXPECT_EQ(said, each.said) << each.text;
    }
  }
  if (!accept) return;
  ASSERT_TRUE(util::write_text(file, accepted));
  GTEST_SKIP() << "accepted what is said now";
}

INSTANTIATE_TEST_SUITE_P(In, Mistakes, testing::ValuesIn(names()), [](const auto& each) { return each.param; });

} // namespace
} // namespace cacheproof::scenario
