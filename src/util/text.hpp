#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace cacheproof::util {

std::vector<std::string> split(std::string_view text, char separator);
/// Lines without their line ends (`\n` or `\r\n`); no empty last one for a text that ends in a line end.
std::vector<std::string> lines(std::string_view text);
std::string_view trim(std::string_view text);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string lower(std::string_view text);
/// `1 step`, `2 steps`.
std::string plural(std::size_t count, std::string_view noun);

/// The whole of `text` as a number, with nothing beside it; nothing for what is none or does not fit.
template <class Number> std::optional<Number> parse_number(std::string_view text, int base = 10) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Levenshtein's distance in bytes.
size_t edit_distance(std::string_view left, std::string_view right);

/// The candidate that was probably meant, if one is near enough (a third of its length, at most 3 edits).
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

/// Whether `pattern` (`*` any run of bytes, `?` one byte) matches the whole of `text`.
bool glob_match(std::string_view pattern, std::string_view text);

/// Whether `text` is valid UTF-8 (no surrogates, nothing over-long); with `where`, the offset of the first bad byte.
bool is_utf8(std::string_view text, size_t* where = nullptr);

/// The text with everything that is not valid UTF-8 replaced by U+FFFD: what daemons print need not be UTF-8, JSON
/// must.
std::string to_utf8(std::string_view text);

} // namespace cacheproof::util
