#include "report/documents.hpp"
#include "report/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cacheproof::report {
namespace {

using evidence::Verdict;

/// A name or a path, of which a file of results may say anything: one byte that is no XML loses the whole document.
std::string attribute(std::string_view text) {
  return escaped(harmless(text));
}

/// An element with its first line as message and the whole as text.
std::string element(std::string_view name, std::string_view type, std::string_view message, std::string_view text) {
  return fmt::format(
      "      <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n", name, type, escaped(message), escaped(text));
}

std::string system_out(std::string_view text) {
  return fmt::format("      <system-out>{}</system-out>\n", escaped(text));
}

std::string outcome(const Entry& entry) {
  const auto& result = entry.result;
  const auto type = evidence::to_text(result.verdict);
  auto text = why(result);
  if (!entry.evidence.empty()) text += "evidence: " + harmless(entry.evidence) + "\n";
  switch (result.verdict) {
  case Verdict::failed:
  case Verdict::stale:
    return element("failure", type, headline(result), text);
  case Verdict::broken:
    return element("error", type, headline(result), text);
  case Verdict::skipped:
    return fmt::format("      <skipped message=\"{}\"/>\n", escaped(headline(result)));
  case Verdict::known:
    return system_out(fmt::format("{}: {}\n", verdict_text(result), headline(result)));
  case Verdict::passed:
    return doubts(result).empty() ? "" : system_out(text);
  }
  return {};
}

std::string testcase(const Entry& entry) {
  const auto& result = entry.result;
  const auto spot = spot_of(result);
  auto text = fmt::format("    <testcase classname=\"{}\" name=\"{}\"", attribute(entry.column), attribute(result.id));
  if (!spot.file.empty()) text += fmt::format(" file=\"{}\" line=\"{}\"", attribute(spot.file), spot.line);
  text += fmt::format(" time=\"{:.3f}\"", static_cast<double>(result.duration) / 1e9);
  const auto inner = outcome(entry);
  return text + (inner.empty() ? "/>\n" : ">\n" + inner + "    </testcase>\n");
}

std::string suite(const std::string& name, const std::vector<const Entry*>& entries) {
  const auto count = [&](auto... verdicts) {
    return std::count_if(entries.begin(), entries.end(), [&](const Entry* entry) {
      return ((entry->result.verdict == verdicts) || ...);
    });
  };
  evidence::Nanoseconds duration = 0;
  for (const auto* entry : entries) duration += entry->result.duration;
  auto text = fmt::format(
      "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\">\n",
      attribute(name),
      entries.size(),
      count(Verdict::failed, Verdict::stale),
      count(Verdict::broken),
      count(Verdict::skipped),
      static_cast<double>(duration) / 1e9);
  for (const auto* entry : entries) text += testcase(*entry);
  return text + "  </testsuite>\n";
}

/// A shard that left nothing has no case that could be red: it is one itself.
std::string troubles(const std::vector<Trouble>& all) {
  auto text = fmt::format("  <testsuite name=\"shards\" tests=\"{0}\" failures=\"0\" errors=\"{0}\" skipped=\"0\" "
                          "time=\"0.000\">\n",
                          all.size());
  for (const auto& one : all)
    text += fmt::format("    <testcase classname=\"shards\" name=\"{}\" time=\"0.000\">\n{}    </testcase>\n",
                        attribute(one.where),
                        element("error", "broken", harmless(one.what), harmless(one.what)));
  return text + "  </testsuite>\n";
}

} // namespace

std::string to_junit(const Joined& joined) {
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"cacheproof\">\n";
  if (!joined.troubles.empty()) text += troubles(joined.troubles);
  for (const auto& column : joined.columns) {
    std::vector<const Entry*> entries;
    for (const auto& entry : joined.entries)
      if (entry.column == column) entries.push_back(&entry);
    text += suite(column, entries);
  }
  return text + "</testsuites>\n";
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
    case '&':
      result += "&amp;";
      break;
    case '<':
      result += "&lt;";
      break;
    case '>':
      result += "&gt;";
      break;
    case '"':
      result += "&quot;";
      break;
    case '\'':
      result += "&#39;";
      break;
    default:
      result += c;
    }
  }
  return result;
}

} // namespace cacheproof::report
