#include "scenario/reader.hpp"

#include <utility>

// A bug that is known, and how it misbehaves.
namespace cacheproof::scenario {
namespace {

const std::vector<Key<KnownIssue>>& known_issue_keys() {
  static const std::vector<Key<KnownIssue>> all{
      {"url",
       "where the issue is told",
       [](Reader& inner, const Node& value, KnownIssue& issue) { issue.url = inner.word(value, "a URL").value_or(""); },
       true,
       {},
       shape::text()},
      {"when",
       "its range: dimensions and facts as in an alternative; everywhere without it",
       [](Reader& inner, const Node& value, KnownIssue& issue) { issue.when = inner.when(value).value_or(When{}); },
       false,
       {},
       shape::conditions(facts_shape()),
       "everywhere"},
      {"expect",
       "exactly how it misbehaves: claims in place of the round's own",
       [](Reader& inner, const Node& value, KnownIssue& issue) { read_expect(inner, value, issue.expect); },
       true,
       {},
       shape::filled(expect_shape())},
      {"rate",
       "with `repeat`: the share of plays that fail exactly so, the others pass",
       [](Reader& reader, const Node& at, KnownIssue& issue) { issue.rate = reader.share(at); },
       false,
       {},
       shape::share(),
       "every play"},
  };
  return all;
}

} // namespace

Shape known_issue_shape() {
  return shape::table("known_issue", known_issue_keys);
}

void read_known_issue(Reader& reader, const Node& at, std::optional<KnownIssue>& into) {
  KnownIssue issue;
  issue.spot = reader.spot(at);
  if (!read_keys(reader, at, "a mapping for 'known_issue'", known_issue_keys(), issue)) return;
  bool claims = false;
  for_each_claim(issue.expect, [&](auto&&...) { claims = true; });
  const auto* expect = at.find("expect");
  if (!claims && expect && expect->is_map() && expect->entries() == 0)
    reader.report(codes::k_empty_claim, *expect, "a known issue says exactly how it misbehaves");
  into = std::move(issue);
}

} // namespace cacheproof::scenario
