#include "judge/image_difference.hpp"

#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace cacheproof::judge {
namespace {

using evidence::ImageFile;

constexpr std::size_t k_most_lines = 100;
constexpr std::size_t k_short_text = 40;

bool same(const ImageFile& left, const ImageFile& right) {
  const auto facts = [](const ImageFile& file) {
    return std::tie(file.type, file.mode, file.uid, file.gid, file.size, file.link, file.xattrs, file.sha256);
  };
  return facts(left) == facts(right);
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '\n')
      result += "\\n";
    else if (c == '"' || c == '\\')
      result += std::string("\\") + c;
    else
      result += c;
  }
  return result + '"';
}

std::string in_words(const std::map<std::string, std::string>& xattrs) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : xattrs) parts.push_back(name + "=" + quoted(value));
  return util::join(parts, " ");
}

std::string in_words(const ImageFile& file) {
  auto words = fmt::format("{} {:04o} {}:{}", file.type, file.mode, file.uid, file.gid);
  if (file.type == "file") words += " " + content_in_words(file);
  if (!file.link.empty()) words += " -> " + file.link;
  if (!file.xattrs.empty()) words += " " + in_words(file.xattrs);
  return words;
}

/// What differs, and nothing else.
std::string in_words(const ImageFile& expected, const ImageFile& observed) {
  if (expected.type != observed.type) return in_words(expected) + " → " + in_words(observed);
  std::vector<std::string> parts;
  const auto add = [&](std::string_view what, const std::string& left, const std::string& right) {
    if (left != right) parts.push_back(fmt::format("{} {} → {}", what, left, right));
  };
  add("mode", fmt::format("{:04o}", expected.mode), fmt::format("{:04o}", observed.mode));
  add("owner", fmt::format("{}:{}", expected.uid, expected.gid), fmt::format("{}:{}", observed.uid, observed.gid));
  if (expected.sha256 != observed.sha256 || expected.size != observed.size)
    parts.push_back(fmt::format("content {} → {}", content_in_words(expected), content_in_words(observed)));
  add("link", expected.link, observed.link);
  add("xattrs", "{" + in_words(expected.xattrs) + "}", "{" + in_words(observed.xattrs) + "}");
  return util::join(parts, ", ");
}

bool ignored(const std::string& path, const std::vector<std::string>& globs) {
  return std::any_of(globs.begin(), globs.end(), [&](const auto& glob) { return util::glob_match(glob, path); });
}

} // namespace

std::string content_in_words(const ImageFile& file) {
  if (file.content && file.content->size() <= k_short_text && util::is_utf8(*file.content))
    return quoted(*file.content);
  return fmt::format("{} bytes sha256:{}…", file.size, file.sha256.substr(0, 12));
}

std::vector<PathDifference>
differences(const evidence::Image& expected, const evidence::Image& observed, const std::vector<std::string>& ignore) {
  std::vector<PathDifference> all;
  for (const auto& [path, file] : expected.files) {
    const auto other = observed.files.find(path);
    if (other != observed.files.end() && same(file, other->second)) continue;
    all.push_back({path, &file, other == observed.files.end() ? nullptr : &other->second});
  }
  for (const auto& [path, file] : observed.files)
    if (!expected.files.contains(path)) all.push_back({path, nullptr, &file});
  std::erase_if(all, [&](const auto& each) { return ignored(each.path, ignore); });
  // A folder stands before what is in it, and both before the next name: by parts, not by bytes.
  std::sort(all.begin(), all.end(), [](const auto& left, const auto& right) {
    return util::split(left.path, '/') < util::split(right.path, '/');
  });
  return all;
}

std::vector<std::string> tree_of(const std::vector<PathDifference>& differences,
                                 const std::function<std::string(const PathDifference&)>& note) {
  std::vector<std::string> lines;
  std::vector<std::string> shown; // the folders of the line before
  std::size_t told = 0;
  for (const auto& each : differences) {
    if (lines.size() >= k_most_lines) break;
    ++told;
    auto parts = util::split(each.path, '/');
    const auto common = static_cast<std::size_t>(
        std::mismatch(parts.begin(), parts.end(), shown.begin(), shown.end()).first - parts.begin());
    for (auto depth = common; depth + 1 < parts.size(); ++depth)
      lines.push_back(fmt::format("  {}{}/", std::string(2 * depth, ' '), parts[depth]));
    const char sign = !each.observed ? '-' : !each.expected ? '+' : '~';
    const bool folder = (each.observed ? each.observed : each.expected)->type == "dir";
    const auto words = each.expected && each.observed ? in_words(*each.expected, *each.observed)
                                                      : in_words(each.expected ? *each.expected : *each.observed);
    auto line = fmt::format(
        "{} {}{}{}  {}", sign, std::string(2 * (parts.size() - 1), ' '), parts.back(), folder ? "/" : "", words);
    if (const auto more = note(each); !more.empty()) line += "  [" + more + "]";
    lines.push_back(std::move(line));
    shown = std::move(parts);
  }
  if (told < differences.size()) lines.push_back(fmt::format("  … and {} more", differences.size() - told));
  return lines;
}

} // namespace cacheproof::judge
