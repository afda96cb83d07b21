#pragma once

#include "util/text.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace cacheproof::scenario {

/// Bad texts and what is said of them. Each file of mistakes/ holds cases: a text, a line `-----`, what is said of it,
/// a line `=====`.
inline const std::filesystem::path k_mistakes =
    std::filesystem::path(CACHEPROOF_SOURCE_DIR) / "tests/scenario/mistakes";
inline constexpr std::string_view k_middle = "-----\n";
inline constexpr std::string_view k_end = "=====\n";

struct Mistake {
  std::string text;
  std::string said;
};

inline std::vector<Mistake> mistakes_of(std::string_view all) {
  std::vector<Mistake> cases;
  for (std::size_t end; (end = all.find(k_end)) != std::string_view::npos; all.remove_prefix(end + k_end.size())) {
    const auto one = all.substr(0, end);
    const auto middle = std::min(one.find(k_middle), one.size());
    const auto said = std::min(middle + k_middle.size(), one.size());
    cases.push_back({std::string(one.substr(0, middle)), std::string(one.substr(said))});
  }
  return cases;
}

/// `«3×a#, »` stands for `a0, a1, a2, `: what is too much to be written down.
inline std::string written_out(std::string_view text) {
  constexpr std::string_view open = "«";
  constexpr std::string_view times = "×";
  constexpr std::string_view close = "»";
  std::string all;
  for (std::size_t begin; (begin = text.find(open)) != std::string_view::npos;) {
    all += text.substr(0, begin);
    text.remove_prefix(begin + open.size());
    const auto middle = text.find(times);
    const auto count = util::parse_number<int>(text.substr(0, middle)).value();
    text.remove_prefix(middle + times.size());
    const auto end = text.find(close);
    for (int i = 0; i < count; ++i)
      for (const char c : text.substr(0, end)) all += c == '#' ? std::to_string(i) : std::string(1, c);
    text.remove_prefix(end + close.size());
  }
  return all.append(text);
}

/// The text, written out, with what every scenario needs behind it, unless it says so itself or begins with `# alone`.
inline std::string whole(std::string_view written) {
  auto text = written_out(written);
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

} // namespace cacheproof::scenario
