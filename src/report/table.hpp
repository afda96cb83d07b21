#pragma once

#include "report/joined.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cacheproof::report {

/// Cases side by side, the same for the console, the page and the summary.
struct Table {
  std::string title;               ///< of pairs: whose they are
  std::string corner = "scenario"; ///< what stands above the rows
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  std::map<std::pair<std::string, std::string>, std::vector<const Entry*>> cells; ///< by row and column
};

/// Scenario × version, in the order of `joined`, which has to outlive it; without the cases of `pairs_of`.
Table table_of(const Joined& joined);

/// Exporter × importer, one for each scenario that is played over pairs of versions, and driver.
std::vector<Table> pairs_of(const Joined& joined);

/// What its cells tell.
inline constexpr std::string_view k_hits = "how many steps of the last build hit, of those needed";
/// ` 5/6` of a pair, else empty.
std::string hits_text(const evidence::CaseResult& result);

/// What one case is: `✓`, `✓?` where the client alone has told it, `✓ 5/6` of a pair: so many steps hit of those
/// needed.
std::string mark(const Entry& entry);

/// Whether there is more than one cell in a row, or pair: else there is nothing to compare.
bool compares(const Table& table);

/// What stands above a column, in lines: `v0.34.2`, `buildx v0.36.1`, `in docker v29.2.0`.
std::vector<std::string> head(const std::string& column);

/// A text in the colour of a verdict.
using Paint = std::function<std::string(const std::string&, evidence::Verdict)>;
/// The signs of a table, with a legend, in so many columns of a terminal: heads that do not fit are numbers whose
/// meaning stands below, and columns that do not fit stand below the others.
std::string to_text(const Table& table, std::size_t width, const Paint& paint);

} // namespace cacheproof::report
