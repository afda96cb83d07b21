#include "scenario/read.hpp"
#include "util/files.hpp"
#include "util/text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

// What the reader says of bad texts, word by word. Each file of mistakes/ holds cases: a text, a line `-----`, what is
// said of it, a line `=====`. CACHEPROOF_ACCEPT=1 writes what is said now into the files; read their difference then.
namespace cacheproof::scenario {
namespace {

namespace fs = std::filesystem;
const fs::path k_folder = fs::path(CACHEPROOF_SOURCE_DIR) / "tests/scenario/mistakes";
constexpr std::string_view k_middle = "-----\n";
constexpr std::string_view k_end = "=====\n";

struct Case {
  std::string text;
  std::string said;
};

std::vector<Case> cases_of(std::string_view all) {
  std::vector<Case> cases;
  for (std::size_t end; (end = all.find(k_end)) != std::string_view::npos; all.remove_prefix(end + k_end.size())) {
    const auto one = all.substr(0, end);
    const auto middle = std::min(one.find(k_middle), one.size());
    const auto said = std::min(middle + k_middle.size(), one.size());
    cases.push_back({std::string(one.substr(0, middle)), std::string(one.substr(said))});
  }
  return cases;
}

/// The text with what every scenario needs behind it, unless it says so itself or begins with `# alone`.
std::string whole(std::string text) {
  if (text.starts_with("# alone")) return text;
  const auto lines = util::lines(text);
  const auto has = [&](std::string_view key) {
    return std::any_of(lines.begin(), lines.end(), [&](const auto& line) { return line.starts_with(key); });
  };
  if (!has("title:")) text += "title: x\n";
  if (!has("files:") && !has("context:") && !has("git:")) text += "files: {Dockerfile: FROM scratch}\n";
  if (!has("rounds:")) text += "rounds: [{}]\n";
  return text;
}

std::string said_of(const std::string& text) {
  std::string said;
  for (auto each : read_text(whole(text), "x.yaml").diagnostics) {
    // The libraries' own words change with their versions.
    for (const std::string_view ours : {"not YAML: ", "not a regular expression (RE2): "})
      if (each.message.starts_with(ours)) each.message = std::string(ours) + "(…)";
    said += util::to_text(each);
  }
  return said.empty() ? "nothing\n" : said;
}

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const auto& entry : fs::directory_iterator(k_folder)) all.push_back(entry.path().stem().string());
  std::sort(all.begin(), all.end());
  return all;
}

class Mistakes : public testing::TestWithParam<std::string> {};

TEST_P(Mistakes, AreToldInTheseWords) {
  const auto file = k_folder / (GetParam() + ".txt");
  const auto cases = cases_of(util::read_text(file).value());
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
