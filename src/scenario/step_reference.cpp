#include "scenario/step_reference.hpp"

#include "util/platform.hpp"
#include "util/text.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

namespace cacheproof::scenario {
namespace {

constexpr std::string_view k_blanks = " \t\r\n";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// A step number: 1 to 9999; 0 for anything else.
int step_number(std::string_view text) {
  if (text.empty() || text.size() > 4 || !std::all_of(text.begin(), text.end(), is_digit)) return 0;
  return std::atoi(std::string(text).c_str());
}

/// Every run of blanks becomes one space.
std::string fold_blanks(std::string_view text) {
  std::string folded;
  for (const char c : util::trim(text)) {
    const bool blank = k_blanks.find(c) != std::string_view::npos;
    if (!blank)
      folded += c;
    else if (folded.back() != ' ')
      folded += ' ';
  }
  return folded;
}

} // namespace

std::optional<StepReference> StepReference::parse(std::string_view text, util::SourceSpot spot) {
  StepReference reference;
  reference.text = text;
  reference.spot = std::move(spot);
  auto rest = util::trim(text);
  const auto word = [&] { return rest.substr(0, std::min(rest.find_first_of(k_blanks), rest.size())); };
  const auto take = [&](std::size_t length) {
    const std::string taken(rest.substr(0, length));
    rest.remove_prefix(length);
    return taken;
  };
  if (const auto colon = word().find(':'); colon != std::string::npos) {
    reference.build = take(colon);
    rest.remove_prefix(1);
    if (reference.build.empty() || reference.build.find_first_of("/*?") != std::string::npos) return std::nullopt;
  }
  if (word().find('/') != std::string::npos) { // no stage has one
    reference.platform = util::normal_platform(take(word().size()));
    rest = util::trim(rest);
  }
  reference.stage = take(word().size());
  if (reference.stage.empty() || (reference.platform + reference.stage).find_first_of(":*?") != std::string::npos
      || reference.stage.find('/') != std::string::npos)
    return std::nullopt;
  rest = util::trim(rest);
  if (rest.empty()) return reference;
  if (!is_digit(rest.front())) {
    reference.glob = fold_blanks(rest);
    return reference;
  }
  const auto dash = rest.find('-');
  reference.first = step_number(rest.substr(0, dash));
  reference.last = dash == std::string_view::npos ? reference.first : step_number(rest.substr(dash + 1));
  if (reference.first == 0 || reference.last < reference.first) return std::nullopt;
  return reference;
}

bool StepReference::matches(std::string_view of_stage, int number, std::string_view instruction) const {
  if (util::lower(stage) != util::lower(of_stage)) return false;
  const std::string folded = fold_blanks(instruction);
  if (util::lower(folded).starts_with("from ")) return false;
  if (first > 0) return number >= first && number <= last;
  return glob.empty() || util::glob_match(glob, folded);
}

bool StepReference::of_platform(std::string_view one) const {
  return platform.empty() || platform == one;
}

} // namespace cacheproof::scenario
