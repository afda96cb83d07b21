// What is said of scenarios that can be read, word by word: the cases of checked.txt, as those of
// tests/scenario/mistakes are written. CACHEPROOF_ACCEPT=1 writes what is said now; read its difference then.
#include "engine/load.hpp"
#include "scenario/mistakes.hpp"
#include "util/files.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace cacheproof::engine {
namespace {

TEST(Checks, AreToldInTheseWords) {
  const auto file = std::filesystem::path(CACHEPROOF_SOURCE_DIR) / "tests/engine/checked.txt";
  const bool accept = std::getenv("CACHEPROOF_ACCEPT") != nullptr;
  std::string accepted;
  for (const auto& each : scenario::mistakes_of(util::read_text(file).value())) {
    std::string said;
    for (const auto& one : check_text(scenario::whole(each.text), "x.yaml").diagnostics) said += util::to_text(one);
    accepted += each.text + std::string(scenario::k_middle) + said + std::string(scenario::k_end);
    if (!accept) {
      EXPECT_EQ(said, each.said) << each.text;
    }
  }
  if (!accept) return;
  ASSERT_TRUE(util::write_text(file, accepted));
  GTEST_SKIP() << "accepted what is said now";
}

} // namespace
} // namespace cacheproof::engine
