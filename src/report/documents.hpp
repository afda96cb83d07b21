#pragma once

#include "report/joined.hpp"
#include "util/diagnostic.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::report {

/// What stands above a report.
struct Heading {
  std::string title = "cacheproof";
  std::string link; ///< of the run that it tells of; may be empty
};

/// `3 shards: 1 trouble, 2 failed, 40 passed (2 min 05 s of play)`
std::string overview(const Joined& joined);

/// JUnit's XML: a suite for each column and one for what is wrong with shards, a testcase for each case with file and
/// line. What failed is a `failure`, what broke an `error`, what was skipped `skipped`, each with its reason.
std::string to_junit(const Joined& joined);

/// A page that needs nothing beside it: the table scenario × version, red rows on top, then every red case in full with
/// the place of its evidence, then what was skipped and why.
std::string to_html(const Joined& joined, const Heading& heading);

/// The same for the summary of a step in GitHub Actions and the body of an issue: what is red, and counts. The cases in
/// full are only as many as keep it within `limit` bytes, and it says how many are left out.
std::string to_markdown(const Joined& joined, const Heading& heading, std::size_t limit = 60'000);

/// One for each finding, at the line of its claim, and one for each case that broke; the code is the case's id.
std::vector<util::Diagnostic> to_diagnostics(const Joined& joined);

/// Text as it stands in HTML and XML, between tags and in quotes; control characters have been written out.
std::string escaped(std::string_view text);

} // namespace cacheproof::report
