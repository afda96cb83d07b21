#include "util/diagnostic.hpp"
#include "util/result.hpp"

#include <gtest/gtest.h>

namespace cacheproof::util {
namespace {

TEST(Diagnostics, ShowTheLineAndACaret) {
  const Diagnostic diagnostic{Severity::error,
                              "CP0003",
                              "unknown_key",
                              {"x.yaml", 12, 7},
                              "      rebuild: all",
                              7,
                              "unknown key 'rebuild'",
                              "did you mean 'rebuilt'?"};
  EXPECT_EQ(to_text(diagnostic),
            "x.yaml:12:7: error[CP0003]: unknown key 'rebuild': did you mean 'rebuilt'?\n"
            "   12 |       rebuild: all\n"
            "      |       ^~~~~~~\n");
}

TEST(Diagnostics, KeepTabsUnderTabsAndTheCaretInsideTheLine) {
  const Diagnostic diagnostic{Severity::warning, "CP0001", "x", {"x.yaml", 1, 2}, "\tab", 99, "odd", ""};
  EXPECT_EQ(to_text(diagnostic), "x.yaml:1:2: warning[CP0001]: odd\n    1 | \tab\n      | \t^~\n");
}

TEST(Diagnostics, WithoutAPlaceAreOneLine) {
  EXPECT_EQ(to_text({Severity::error, "CP0001", "x", {"x.yaml", 0, 0}, "", 1, "cannot read it", ""}),
            "x.yaml: error[CP0001]: cannot read it\n");
}

TEST(Diagnostics, SortByPlace) {
  std::vector<Diagnostic> all(3);
  all[0].spot = {"b", 1, 1};
  all[1].spot = {"a", 10, 1};
  all[2].spot = {"a", 2, 5};
  sort_by_place(all);
  EXPECT_EQ(all[0].spot, (SourceSpot{"a", 2, 5}));
  EXPECT_EQ(all[2].spot, (SourceSpot{"b", 1, 1}));
}

TEST(Diagnostics, OnlyErrorsAreErrors) {
  EXPECT_FALSE(any_error({{Severity::warning, "", "", {}, "", 1, "", ""}}));
  EXPECT_TRUE(
      any_error({{Severity::warning, "", "", {}, "", 1, "", ""}, {Severity::error, "", "", {}, "", 1, "", ""}}));
}

TEST(Errors, SayWhatWasTriedAndWhatToDo) {
  EXPECT_EQ(to_text(Error{Blame::rig, "buildkitd is gone", "unix:///s.sock", "read its log"}),
            "buildkitd is gone\n  tried: unix:///s.sock\n  to do: read its log");
  EXPECT_EQ(within("round 1", Error{Blame::rig, "gone", "", ""}).what, "round 1: gone");
}

Result<int> half(int number) {
  if (number % 2 != 0) return failure("odd");
  return number / 2;
}

Result<int> quarter(int number) {
  CP_TRY_ASSIGN(const int once, half(number));
  CP_TRY(half(once));
  return half(once);
}

TEST(Errors, PassUpThroughTry) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().what, "odd");
}

} // namespace
} // namespace cacheproof::util
