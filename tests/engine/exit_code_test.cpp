#include "engine/exit_code.hpp"

#include <gtest/gtest.h>

namespace cacheproof::engine {
namespace {

using evidence::Verdict;

int code_of(const std::vector<Verdict>& verdicts, std::optional<int> skip_code = {}) {
  std::vector<evidence::CaseEvidence> played(verdicts.size());
  for (std::size_t i = 0; i < verdicts.size(); ++i) played[i].verdict = verdicts[i];
  return exit_code(played, skip_code);
}

TEST(ExitCode, AFailureWinsOverABrokenRig) {
  EXPECT_EQ(code_of({Verdict::passed, Verdict::broken, Verdict::failed}), 1);
  EXPECT_EQ(code_of({Verdict::stale, Verdict::broken}), 1);
}

TEST(ExitCode, ABrokenRigWinsOverPasses) {
  EXPECT_EQ(code_of({Verdict::passed, Verdict::broken}), 2);
}

TEST(ExitCode, PassesAndKnownIssuesAreGreenAndSkipsBesideThemToo) {
  EXPECT_EQ(code_of({Verdict::passed, Verdict::known, Verdict::skipped}), 0);
}

TEST(ExitCode, NothingJudgedIsNeverGreen) {
  EXPECT_EQ(code_of({}), 2);
  EXPECT_EQ(code_of({Verdict::skipped}), 2);
}

TEST(ExitCode, TheSkipCodeStandsForARunOfSkipsOnly) {
  EXPECT_EQ(code_of({Verdict::skipped, Verdict::skipped}, 77), 77);
  EXPECT_EQ(code_of({}, 77), 2);
  EXPECT_EQ(code_of({Verdict::skipped, Verdict::passed}, 77), 0);
  EXPECT_EQ(code_of({Verdict::skipped, Verdict::broken}, 77), 2);
}

} // namespace
} // namespace cacheproof::engine
