#include "scenario/line_words.hpp"

#include "scenario/codes.hpp"
#include "util/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace cacheproof::scenario {

LineWords::LineWords(Reader& reader, const Node& at)
    : reader_(reader),
      line_(shell_words(at.text)),
      places_(reader.lines(), at, line_.words) {}

bool LineWords::check() {
  for (const auto& mistake : line_.mistakes) {
    if (reader_.is_full()) break;
    report(codes::k_bad_command_line, places_.of(mistake.from, mistake.to), mistake.message, mistake.hint);
  }
  return std::none_of(line_.mistakes.begin(), line_.mistakes.end(), [](const auto& each) { return each.confusing; });
}

const std::string& LineWords::word(std::size_t ahead) const {
  static const std::string none;
  return next_ + ahead < line_.words.size() ? line_.words[next_ + ahead].text : none;
}

void LineWords::report(const Code& code, const Place& place, std::string message, std::string hint) {
  failed_ = true;
  reader_.report_at(code, place.line, place.column, std::move(message), std::move(hint));
  if (!reader_.is_full()) reader_.diagnostics().back().width = place.width;
}

void LineWords::read_flag(std::span<const ClientFlag> flags, std::string_view client, const Take& take) {
  if (word().starts_with("--"))
    read_name(flags, client, take);
  else
    read_letters(flags, client, take);
}

/// `--name value`, `--name=value`.
void LineWords::read_name(std::span<const ClientFlag> flags, std::string_view client, const Take& take) {
  const auto whole = word();
  const auto at = place();
  const auto equals = whole.find('=');
  const auto name = whole.substr(2, std::min(equals, whole.size()) - 2);
  ++next_;
  const auto flag = std::find_if(flags.begin(), flags.end(), [&](const auto& each) { return each.name == name; });
  if (flag == flags.end()) {
    refuse("--" + name, at, flags, client);
    // What follows may be its value: the rest is read all the same, for its own mistakes.
    if (equals == std::string::npos && next_ + 1 < line_.words.size() && !word().starts_with('-')) ++next_;
  } else if (equals != std::string::npos) {
    const auto value = whole.substr(equals + 1);
    take(*flag, at, value, places_.tail(next_ - 1, value));
  } else {
    take_next(*flag, whole, at, take);
  }
}

/// `-n value`, `-nvalue`, `-n=value`, and letters in a row.
void LineWords::read_letters(std::span<const ClientFlag> flags, std::string_view client, const Take& take) {
  const auto whole = word();
  const auto at = place();
  ++next_;
  for (std::size_t i = 1; i < whole.size(); ++i) {
    const auto flag = std::find_if(
        flags.begin(), flags.end(), [&](const auto& each) { return each.letter != 0 && each.letter == whole[i]; });
    const auto shown = std::string("-") + whole[i];
    if (flag == flags.end()) return refuse(shown, at, flags, client);
    if (flag->valued && i + 1 < whole.size()) {
      const auto value = whole.substr(whole[i + 1] == '=' ? i + 2 : i + 1);
      return take(*flag, at, value, places_.tail(next_ - 1, value));
    }
    take_next(*flag, shown, at, take);
  }
}

/// The value is the next word, or that the flag is there.
void LineWords::take_next(const ClientFlag& flag, const std::string& shown, const Place& at, const Take& take) {
  if (!flag.valued) return take(flag, at, "true", at);
  if (at_end()) return report(codes::k_bad_command_line, at, fmt::format("{} needs a value", shown), "");
  const auto value = word();
  const auto value_at = place();
  ++next_;
  take(flag, at, value, value_at);
}

void LineWords::refuse(const std::string& shown, Place at, std::span<const ClientFlag> flags, std::string_view client) {
  failed_ = true;
  if (reader_.is_full()) return;
  std::vector<std::string> names;
  for (const auto& each : flags) names.emplace_back(each.name);
  const auto near = shown.starts_with("--") ? util::nearest(shown.substr(2), names) : std::nullopt;
  at.width = static_cast<int>(std::min<std::size_t>(static_cast<std::size_t>(at.width), shown.size()));
  report(codes::k_unknown_flag,
         at,
         fmt::format("{} has no flag {}", client, shown),
         near ? fmt::format("did you mean '--{}'?", *near) : "");
}

} // namespace cacheproof::scenario
