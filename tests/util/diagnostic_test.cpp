#include "util/diagnostic.hpp"
#include "util/diagnostic_format.hpp"
#include "util/result.hpp"
#include "util/shown_line.hpp"

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

TEST(Diagnostics, OfALongLineShowThePartAroundTheCaret) {
  const auto line = std::string(1000, 'a') + "bcd" + std::string(5000, 'e');
  Diagnostic diagnostic{Severity::error, "CP0003", "x", {"x.yaml", 1, 1001}, "", 3, "odd", ""};
  show_line(diagnostic, line);
  EXPECT_EQ(to_text(diagnostic),
            "x.yaml:1:1001: error[CP0003]: odd\n"
            "    1 | …"
                + std::string(80, 'a') + "bcd" + std::string(117, 'e') + "…\n      |  " + std::string(80, ' ')
                + "^~~\n");
  point_at(diagnostic, line, "de");
  EXPECT_EQ(to_text(diagnostic),
            "x.yaml:1:1003: error[CP0003]: odd\n"
            "    1 | …"
                + std::string(78, 'a') + "bcd" + std::string(119, 'e') + "…\n      |  " + std::string(80, ' ')
                + "^~\n");
}

TEST(Diagnostics, CountLettersNotBytesUnderTheLine) {
  const Diagnostic diagnostic{Severity::error, "CP0003", "x", {"x.yaml", 1, 10}, "é: {ö: ü}", 2, "odd", ""};
  EXPECT_EQ(to_text(diagnostic), "x.yaml:1:10: error[CP0003]: odd\n    1 | é: {ö: ü}\n      |        ^\n");
}

std::vector<Diagnostic> one_of_each() {
  return {{Severity::warning, "CP0102", "unknown_cache_attribute", {"a.yaml", 2, 3}, "  a", 1, "odd", "mean it?"},
          {Severity::error, "CP0003", "unknown_key", {"b,c:d.yaml", 4, 1}, "\xFF", 1, "100 %\nwrong", ""},
          {Severity::error, "CP0001", "unreadable_file", {"c.yaml", 0, 0}, "", 1, "gone", ""}};
}

TEST(Diagnostics, TogetherAreErrorsThenWarningsThenHowMany) {
  EXPECT_EQ(to_text(one_of_each()),
            "b,c:d.yaml:4:1: error[CP0003]: 100 %\nwrong\n    4 | \xFF\n      | ^\n"
            "c.yaml: error[CP0001]: gone\n"
            "a.yaml:2:3: warning[CP0102]: odd: mean it?\n    2 |   a\n      |   ^\n"
            "2 errors, 1 warning\n");
  EXPECT_EQ(to_text(std::vector<Diagnostic>{}), "");
}

TEST(Diagnostics, AreOneJsonDocumentWithEveryField) {
  EXPECT_EQ(to_json({one_of_each()[0], one_of_each()[1]}), R"({
  "errors": [
    {
      "severity": "error",
      "code": "CP0003",
      "name": "unknown_key",
      "file": "b,c:d.yaml",
      "line": 4,
      "column": 1,
      "width": 1,
      "message": "100 %\nwrong",
      "hint": "",
      "source_line": "�"
    }
  ],
  "warnings": [
    {
      "severity": "warning",
      "code": "CP0102",
      "name": "unknown_cache_attribute",
      "file": "a.yaml",
      "line": 2,
      "column": 3,
      "width": 1,
      "message": "odd",
      "hint": "mean it?",
      "source_line": "  a"
    }
  ]
}
)");
  EXPECT_EQ(to_json({}), "{\n  \"errors\": [],\n  \"warnings\": []\n}\n");
}

TEST(Diagnostics, AreAnnotationsForGithubWithItsEscapes) {
  EXPECT_EQ(to_github(one_of_each()),
            "::warning file=a.yaml,line=2,col=3,title=CP0102::odd: mean it?\n"
            "::error file=b%2Cc%3Ad.yaml,line=4,col=1,title=CP0003::100 %25%0Awrong\n"
            "::error file=c.yaml,title=CP0001::gone\n");
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
